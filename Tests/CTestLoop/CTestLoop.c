#include "CTestLoop.h"

/// The entry point of a test process belongs to the toolchain and is asynchronous, so the executors must be in place
/// before `main`.
__attribute__((constructor)) static void install_before_main(void) { demarc_test_loop_install(); }
