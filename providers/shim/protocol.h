// What kadende and kadende-shim say to each other: names, files and texts of a node's folder. Version 1; a stored
// format, because a shim outlives the kadende that started it and is found by a later one.
//
// A node's folder, all written by the shim except where it says otherwise:
//   record.json   written by kadende: ownership, labels, properties
//   control       named pipe made by kadende; orders to the shim, one line each
//   lock          locked (F_OFD_SETLK) by the shim for as long as it lives: the proof that a node is supervised
//   status        "key=value" lines, replaced whole (status.h)
//   output.log    what the node printed, newest; output.log.1 and output.log.2 are older
//   work/         `files` of the node, and its working directory where none is given
//
// Includes nothing but std: the shim is a small static program.
#pragma once

namespace kadende::providers::shim {

inline constexpr const char* kRecordFile = "record.json";
inline constexpr const char* kControlFile = "control";
inline constexpr const char* kLockFile = "lock";
inline constexpr const char* kStatusFile = "status";
inline constexpr const char* kOutputFile = "output.log";
inline constexpr const char* kWorkFolder = "work";
inline constexpr int kOutputFiles = 3;  // output.log and two older ones

// The shim is started as `kadende-shim <node's folder>`, with this descriptor as the write end of a pipe. It closes it
// once the status says running, failed or ended; whatever the outcome, it is read from the status file. Only where that
// cannot be written (a full disk) and nothing was started, the status comes through the pipe.
inline constexpr int kReadyDescriptor = 3;
// A file in memory alone with what to start (spec.h), read from its beginning: environment and arguments may hold
// secrets, which are not to be found on any disk.
inline constexpr int kSpecDescriptor = 4;

// Environment of a node, besides its own. A process is ours only with the token here.
inline constexpr const char* kTokenVariable = "KADENDE_TOKEN";
inline constexpr const char* kFolderVariable = "KADENDE_NODE_DIR";
// Environment of the shim itself: it is no process of the node. Beside it are the node's KADENDE_ variables without the
// token, so that a node of which only the shim lives can be told.
inline constexpr const char* kSupervisesVariable = "KADENDE_SUPERVISES";

// An order on the control pipe: "stop <signal number> <milliseconds until SIGKILL>\n".
inline constexpr const char* kStopOrder = "stop";

// A plugin is kept by `kadende-shim --plugin`. Standard input, output and error are the plugin's own pipes to its host;
// the spec is read from kSpecDescriptor. No folder, no lock: such a shim ends with its host.
inline constexpr const char* kPluginMode = "--plugin";
// Read end of a pipe that nobody writes to: it closes when the host ends, however that happens.
inline constexpr int kLifeDescriptor = 3;
// Write end of a pipe for one line: "exited <status>", "signalled <number>" or "failed <step> <errno>". It closes once
// nothing of the plugin is left.
inline constexpr int kReportDescriptor = 5;
// Where it is given: the plugin's file, open. It stays open for the plugin, whose program is then
// "/proc/self/fd/6", so that what is executed is what was read, whatever has become of its name.
inline constexpr int kProgramDescriptor = 6;

}  // namespace kadende::providers::shim
