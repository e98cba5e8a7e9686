// ONNX Runtime stores a machine id and a queue of usage data in the user's cache folder and sends them to Microsoft.
// This disables it unless the user has set the variable. ONNX Runtime reads the variable when it is loaded, so this
// must run on the main thread first: a worker's environment is a copy that native code does not see.
process.env.ORT_DISABLE_TELEMETRY ??= '1'
