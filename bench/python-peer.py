"""What somebody would write in Python: faces by YuNet, landmarks by MediaPipe, sharpness by the variance of cv2's Laplacian. Prints photos a
second of one process, to be held against "1 worker" of `pipeline bench` on the same photos.

pip install opencv-python-headless mediapipe==0.10.21
python bench/python-peer.py PHOTOS... [--yunet face_detection_yunet_2023mar.onnx] [--rounds N]

YuNet's file is in no Python package. Without --yunet, MediaPipe's own detector (BlazeFace) finds the faces, and the first line says so.
Landmarks are MediaPipe's face mesh as its package brings it, of each face's surroundings.
"""
import argparse
import os
import statistics
import time

os.environ['GLOG_minloglevel'] = '2'
try:
    import cv2
    import mediapipe
except ImportError as error:
    raise SystemExit(f'{error}: pip install opencv-python-headless mediapipe==0.10.21')

parser = argparse.ArgumentParser()
parser.add_argument('photos', nargs='+')
parser.add_argument('--yunet')
parser.add_argument('--rounds', type=int, default=7)
options = parser.parse_args()

SIDE = 1024
mesh = mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=1, refine_landmarks=False)
blazeface = mediapipe.solutions.face_detection.FaceDetection(model_selection=1, min_detection_confidence=0.5)
yunet = cv2.FaceDetectorYN.create(options.yunet, '', (SIDE, SIDE), 0.8) if options.yunet else None


def boxes(image):
    """x, y, width and height of each face."""
    height, width = image.shape[:2]
    if yunet is not None:
        yunet.setInputSize((width, height))
        faces = yunet.detect(image)[1]
        return [] if faces is None else [tuple(map(int, face[:4])) for face in faces]
    found = blazeface.process(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)).detections or []
    relative = [face.location_data.relative_bounding_box for face in found]
    return [(int(box.xmin * width), int(box.ymin * height), int(box.width * width), int(box.height * height)) for box in relative]


def look(path):
    """The number of faces; everything that is measured of them is thrown away."""
    photo = cv2.imread(path)
    scale = min(1, SIDE / max(photo.shape[:2]))
    image = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    faces = boxes(image)
    for x, y, width, height in faces:
        top, left = max(0, y - height // 4), max(0, x - width // 4)
        around = image[top:y + height + height // 4, left:x + width + width // 4]
        if around.size == 0:
            continue
        mesh.process(cv2.cvtColor(around, cv2.COLOR_BGR2RGB))
        cv2.Laplacian(cv2.cvtColor(around, cv2.COLOR_BGR2GRAY), cv2.CV_64F).var()
    return len(faces)


count = sum(look(path) for path in options.photos)
seconds = []
for _ in range(options.rounds):
    start = time.perf_counter()
    for photo_path in options.photos:
        look(photo_path)
    seconds.append(time.perf_counter() - start)
name = 'YuNet' if yunet is not None else "MediaPipe's BlazeFace (no --yunet was given)"
print(f'{name}, face mesh, Laplacian: {count} faces on {len(options.photos)} photos, '
      f'{len(options.photos) / statistics.median(seconds):.1f} photos a second, one process')
