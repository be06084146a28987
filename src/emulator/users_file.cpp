#include "emulator/users_file.hpp"

#include <boost/json/parse.hpp>

#include <hfasync/error.hpp>

#include "base/os.hpp"

namespace hfasync::emulator {

namespace json = boost::json;

namespace {

constexpr std::uint64_t most_bytes = 16u << 20;

std::string read_text_file(const std::filesystem::path& file)
{
    const auto fd = detail::open_read(file);
    const auto size = detail::file_id(fd, file).size;
    if (size > most_bytes) throw ValueError("The users file " + file.string() + " is larger than 16 MiB");
    std::string text(static_cast<std::size_t>(size), '\0');
    text.resize(detail::read_at(fd, std::as_writable_bytes(std::span(text)), 0, file));
    return text;
}

} // namespace

UsersFile::UsersFile(std::filesystem::path file) : file_(std::move(file))
{
    boost::system::error_code ec;
    root_ = json::parse(read_text_file(file_), ec);
    if (ec) refuse("", "is no JSON (" + ec.message() + ")");
}

void UsersFile::refuse(const std::string& where, const std::string& why) const
{
    throw ValueError("The users file " + file_.string() + (where.empty() ? " " : ": \"" + where + "\" ") +
                     why);
}

std::string UsersFile::text(const json::value& value, const std::string& where) const
{
    if (!value.is_string() || value.get_string().empty()) refuse(where, "must be a text that is not empty");
    for (const char c : value.get_string())
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) refuse(where, "has control characters");
    return std::string(value.get_string());
}

std::string UsersFile::prose(const json::value& value, const std::string& where) const
{
    if (!value.is_string()) refuse(where, "must be a text");
    return std::string(value.get_string());
}

bool UsersFile::boolean(const json::value& value, const std::string& where) const
{
    if (!value.is_bool()) refuse(where, "must be true or false");
    return value.get_bool();
}

const json::array& UsersFile::list(const json::value& value, const std::string& where) const
{
    if (!value.is_array()) refuse(where, "must be a list");
    return value.get_array();
}

std::vector<std::string> UsersFile::texts(const json::value& value, const std::string& where) const
{
    std::vector<std::string> out;
    for (const auto& item : list(value, where))
        out.push_back(text(item, where));
    return out;
}

} // namespace hfasync::emulator
