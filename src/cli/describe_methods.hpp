// `hfasync api --describe`: what methods take and give.
#pragma once

#include <string>
#include <string_view>

namespace hfasync::cli {

/// One method, for a person: its arguments, its result, and the types in both.
/// \throws ValueError for an unknown name
std::string method_as_text(std::string_view method);
/// All methods as a JSON array, for programs: the reference pages are made from it.
std::string methods_as_json();

} // namespace hfasync::cli
