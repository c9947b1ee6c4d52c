/**
 * A server that judges photos as they are uploaded, with Express.
 *
 * node examples/upload-server.js
 * curl --data-binary @photo.jpg --header 'Content-Type: image/jpeg' http://localhost:3000/judge
 */
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import express from 'express';
import { openPipeline } from 'portrait-pipeline';

/** The routes, around a pipeline that whoever starts the server opens and closes. */
export function uploadServer(pipeline) {
  const app = express();
  app.post('/judge', express.raw({ type: 'image/*', limit: '50mb' }), async (request, response) => {
    if (!(request.body instanceof Uint8Array)) return response.status(415).json({ error: 'Send a photo, with a Content-Type of image/...' });
    // Who hangs up is not waited for: a photo that is not in work yet is not judged.
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const result = await pipeline.judge(request.body, { signal: gone.signal }).catch((error) => {
      if (!gone.signal.aborted) throw error;
    });
    if (result === undefined) return;
    const { status, verdict, reasons, error, faces } = result;
    response.status(status === 'error' ? 422 : 200).json({
      verdict, reasons, error,
      faces: faces.map(({ box, measured }) => ({ box, eyes: measured.classify.state, sharpness: measured.blur.sharpness })),
    });
  });
  return app;
}

if (import.meta.url === pathToFileURL(argv[1]).href) {
  const pipeline = await openPipeline();
  const server = uploadServer(pipeline).listen(3000);
  const stop = () => server.close(() => pipeline.close());
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}
