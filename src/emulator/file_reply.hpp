// Answers whose body is a stored object: whole, a range, or not at all.
#pragma once

#include <string>
#include <string_view>

#include "emulator/store/object_store.hpp"
#include "emulator/wire/message.hpp"

namespace hfasync::emulator {

/// 200, 206, 304 or 416 after Range, If-Range and If-None-Match. `etag` with its quotes.
Reply object_reply(const Request& request, const store::ObjectFile& object, std::string_view etag,
                   std::string_view content_type);

} // namespace hfasync::emulator
