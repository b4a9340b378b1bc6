// Named places at which a fault test can kill the process.
//
// In the test build (CMake option KADENDE_FAULTS) the variable KADENDE_FAULT=<name>:<n> ends the process with
// SIGKILL when the place <name> is passed for the n-th time (n from 1), after writing one line
// "<name> <n>\n" to the file KADENDE_FAULT_REPORT, which proves to the test that the fault happened. In every
// other build a FaultPoint is nothing at all. Names: <room>.<what>.<before|after>, listed in tests/fault/README.md.
// KADENDE_FAULT_TRACE=<file> appends the name of each place passed, so a suite can enumerate them.
#pragma once

namespace kadende::base {

#ifdef KADENDE_FAULTS
void FaultPoint(const char* name);
#else
inline void FaultPoint(const char* /*name*/) {}
#endif

}  // namespace kadende::base
