#pragma once

#include "Descriptors.h"
#include "Disk.h"
#include "TLSWindow.h"
