#pragma once

/// Defined in Swift, in TestLoop.
void demarc_test_loop_install(void);
