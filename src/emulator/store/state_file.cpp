#include "emulator/store/state_file.hpp"

#include <atomic>
#include <fstream>
#include <iterator>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "base/hash.hpp"
#include "base/os.hpp"

namespace hfasync::emulator::store {

namespace fs = std::filesystem;
namespace json = boost::json;

json::array load_state(const fs::path& file)
{
    if (!fs::exists(file)) return {};
    std::ifstream in(file, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    boost::system::error_code failed;
    auto value = json::parse(text, failed);
    if (!in || failed || !value.is_array())
        detail::throw_os_error(std::make_error_code(std::errc::illegal_byte_sequence),
                               "read state, which is damaged; move this file away or restore it:", file);
    return std::move(value.get_array());
}

void save_state(const fs::path& file, const json::array& content)
{
    detail::atomic_write(file, json::serialize(content), file.parent_path(), false);
}

std::string new_object_id(std::string_view seed, Timestamp now)
{
    static std::atomic<std::uint64_t> next{0};
    return detail::sha256_hex(
               fmt::format("{}/{}/{}/{}", seed, now.time_since_epoch().count(), ++next, ::getpid()))
        .substr(0, 24);
}

} // namespace hfasync::emulator::store
