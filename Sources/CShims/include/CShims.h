#pragma once

#include "Descriptors.h"
