"""Measures of blur that Python packages and papers have, on the faces that the pipeline found: Crete's blur_effect as
scikit-image has it, cumulative probability of blur detection (after Narvekar and Karam 2011) and the spatial statistics that
BRISQUE is made of (Mittal et al. 2012), without its trained regression. Needs numpy, scipy and scikit-image, and what
`npm run bench:blur-cache` keeps. Prints an AUC a set.
"""
import json
import pathlib
import sys

try:
    import numpy
    from scipy.ndimage import gaussian_filter
    from skimage.feature import canny
    from skimage.measure import blur_effect
except ModuleNotFoundError as missing:
    sys.exit(f'Skipped: this Python has no {missing.name}. pip install numpy scipy scikit-image')

CACHE = pathlib.Path(__file__).parent.parent / '.cache' / 'blur'
SETS = ['utk', 'utk, fresh', 'ngoc', 'fqa', 'wider']


def face_crop(face, pixels):
    """The detector's box, in gray levels."""
    size = face['width'] * face['height']
    image = numpy.frombuffer(pixels[face['offset']:face['offset'] + size], numpy.uint8).reshape(face['height'], face['width'])
    box = face['view']['box']
    left, top = max(0, round(box['x'])), max(0, round(box['y']))
    return image[top:round(box['y'] + box['height']), left:round(box['x'] + box['width'])].astype(float)


def crete(image):
    """1 - blur_effect: higher is sharper."""
    return 1 - blur_effect(image / 255, h_size=11)


def cpbd(image, beta=3.6):
    """Share of vertical edges whose blur stays below what is just noticeable; mean of the probabilities breaks ties."""
    edges = canny(image / 255, sigma=1)
    probabilities = []
    for y, x in zip(*numpy.nonzero(edges)):
        row = image[y]
        if not 0 < x < len(row) - 1:
            continue
        rising = row[x + 1] >= row[x - 1]
        left, right = x, x
        while left > 0 and (row[left - 1] < row[left]) == rising and row[left - 1] != row[left]:
            left -= 1
        while right < len(row) - 1 and (row[right + 1] > row[right]) == rising and row[right + 1] != row[right]:
            right += 1
        just_noticeable = 5 if abs(row[right] - row[left]) <= 50 else 3
        probabilities.append(1 - numpy.exp(-((right - left) / just_noticeable) ** beta))
    if not probabilities:
        return 0
    values = numpy.array(probabilities)
    return (values <= 0.63).mean() - 0.001 * values.mean()


def brisque_like(image):
    """Correlation of neighbouring normalised luminances: blur raises it. Higher is sharper."""
    mean = gaussian_filter(image, 7 / 6)
    deviation = numpy.sqrt(numpy.maximum(0, gaussian_filter(image * image, 7 / 6) - mean * mean))
    normal = (image - mean) / (deviation + 1)
    across = (normal[:, 1:] * normal[:, :-1]).mean() + (normal[1:] * normal[:-1]).mean()
    return -across / (2 * (normal * normal).mean() + 1e-9)


def area_under_curve(sharp, blurred):
    a, b = numpy.array(sharp)[:, None], numpy.array(blurred)[None]
    return ((a > b) + 0.5 * (a == b)).mean()


def main():
    if not (CACHE / 'natural.json').exists():
        sys.exit('Skipped: there are no faces in .cache/blur. npm run bench:blur-cache')
    faces = [face for face in json.loads((CACHE / 'natural.json').read_text()) if not face.get('missed') and 'label' in face]
    pixels = memoryview((CACHE / 'natural.gray').read_bytes())
    print('|  | ' + ' | '.join(SETS) + ' |\n' + '| --- ' * (len(SETS) + 1) + '|')
    for name, measure in [("Crete's blur_effect (scikit-image)", crete), ('CPBD-like', cpbd), ('BRISQUE-like', brisque_like)]:
        cells = []
        for each in SETS:
            values = {0: [], 1: []}
            for face in faces:
                if face['name'] == each:
                    values[face['label']].append(measure(face_crop(face, pixels)))
            cells.append(f'{area_under_curve(values[1], values[0]):.4f}')
        print(f'| {name} | ' + ' | '.join(cells) + ' |')


main()
