// ONNX Runtime from 1.30 on reports its use to its maker over the network, and leaves a log in the temporary
// folder for each process. Nothing of a run is to leave the machine: to be imported before onnxruntime-node.
process.env.ORT_DISABLE_TELEMETRY ??= '1'
