// Plays a recorded conversation to the library.
#pragma once

#include "wire/compare.hpp"

namespace wire {

/// Makes the cassette's call in this process, against a server that plays its answers, in fresh folders, and
/// says what differs from the recording: requests, result, disk. Changes the working folder while it runs.
Problems replay(const Cassette& cassette);

} // namespace wire
