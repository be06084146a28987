// One small file of state beside the repos, replaced as a whole.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>

#include <hfasync/time.hpp>

namespace hfasync::emulator::store {

/// An empty list when there is no such file. \throws OSError when it cannot be read or is damaged
boost::json::array load_state(const std::filesystem::path& file);
/// \throws OSError; the old content stays then
void save_state(const std::filesystem::path& file, const boost::json::array& content);

/// 24 hex digits, never given twice: the Hub's `_id`.
std::string new_object_id(std::string_view seed, Timestamp now);

} // namespace hfasync::emulator::store
