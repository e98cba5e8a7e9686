// ONNX Runtime keeps an id of the machine and a queue of usage data in the user's cache folder, and sends them
// to its maker. Nobody asked for that: off, unless the user has said otherwise. It looks when it is loaded,
// on the main thread first; a worker's environment is a copy that native code does not see.
process.env.ORT_DISABLE_TELEMETRY ??= '1'
