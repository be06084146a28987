// What the doc comments of the public headers say of methods and their parameters: the texts of the
// reference.
#pragma once

#include <string>
#include <string_view>

namespace hfasync::cli {

struct FieldDescription;

/// What the method does, without its sections on errors and the like; empty when it is not known.
std::string_view method_text(std::string_view method);
/// The first sentence of it.
std::string_view method_summary(std::string_view method);
/// Why not to use the method any more; empty for all others.
std::string_view method_deprecation(std::string_view method);
/// What a parameter means: its own comment, the rule's help, or what the name means everywhere.
std::string parameter_text(const FieldDescription& parameter);

} // namespace hfasync::cli
