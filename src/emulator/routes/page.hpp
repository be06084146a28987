// One page of a list, and the Link to the next.
#pragma once

#include <cstddef>
#include <string>

#include "emulator/router.hpp"

namespace hfasync::emulator {

/// `limit` of the query, at most `most` and the page size of the embedded Hub. \throws Refusal 400
std::size_t read_limit(const Call& call, std::size_t most);
/// What write_next() gave as `after`; empty without a cursor. \throws Refusal 400
std::string read_cursor(const Call& call);
/// Link to the page behind `after`: the same request with a cursor, in base64 so that clients do not rely on
/// what it says.
void write_next(const Call& call, Reply& reply, const std::string& after);

} // namespace hfasync::emulator
