#pragma once

#include "Descriptors.h"
#include "TLSWindow.h"
