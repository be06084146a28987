#include <hfasync/token_store.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <hfasync/error.hpp>

#include "base/encoding.hpp"
#include "base/os.hpp"
#include "cache/file_lock.hpp"
#include "cache/token_file.hpp"

namespace hfasync {

namespace fs = std::filesystem;

namespace detail {

std::optional<std::string> clean_token(std::string text)
{
    std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
    constexpr std::string_view blanks = " \t\v\f";
    const auto begin = text.find_first_not_of(blanks);
    if (begin == std::string::npos) return std::nullopt;
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

namespace {

std::optional<std::string> first_bytes(const fs::path& path, std::size_t most)
{
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored)) return std::nullopt;
    const auto file = open_read(path);
    std::string content(most, '\0');
    content.resize(read_at(file, std::as_writable_bytes(std::span(content)), 0, path));
    return content;
}

} // namespace

std::optional<std::string> read_token_file(const fs::path& path)
{
    try {
        auto content = first_bytes(path, 4096);
        return content ? clean_token(std::move(*content)) : std::nullopt;
    } catch (const OSError&) {
        return std::nullopt; // somebody else's: as good as none, and public repos need none
    }
}

} // namespace detail

namespace {

constexpr std::size_t most_bytes = 1u << 20; ///< of stored_tokens
constexpr std::string_view key = "hf_token";

std::string_view stripped(std::string_view text)
{
    constexpr std::string_view blanks = " \t\r\n\v\f";
    const auto begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

bool is_key(std::string_view text)
{
    return std::equal(text.begin(), text.end(), key.begin(), key.end(), [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == b; // configparser folds keys
    });
}

/// configparser's interpolation: a per cent sign is written twice.
std::string undoubled(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        out += text[i];
        if (text.substr(i, 2) == "%%") ++i;
    }
    return out;
}

/// The fields of a section as they stand in the file. Beside the token a newer Python keeps there what renews
/// it (`refresh_token`, `expires_at`): that is carried along.
using Fields = std::vector<std::pair<std::string, std::string>>;
using Sections = std::map<std::string, Fields>;

/// What Python's configparser reads of such a file.
Sections parse(std::string_view text, const fs::path& path)
{
    Sections sections;
    std::optional<std::string> section;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto raw = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto line = stripped(raw);
        if (line.empty() || line.front() == '#' || line.front() == ';') continue;
        const bool continues = raw.front() == ' ' || raw.front() == '\t';
        if (const auto close = line.rfind(']'); line.front() == '[' && close != std::string_view::npos) {
            section = std::string(line.substr(1, close - 1));
            continue;
        }
        const auto sign = line.find_first_of("=:");
        if (!section || (sign == std::string_view::npos && !continues))
            throw ValueError("The file of stored tokens " + path.string() +
                             " is damaged; delete it and log in again.");
        // The section DEFAULT holds what the others fall back to, and is no token.
        if (sign == std::string_view::npos || *section == "DEFAULT") continue;
        sections[*section].emplace_back(stripped(line.substr(0, sign)), stripped(line.substr(sign + 1)));
    }
    return sections;
}

/// Of a section; nothing when it has none.
std::optional<std::string> token_of(const Fields& fields)
{
    std::optional<std::string> token;
    for (const auto& [name, value] : fields)
        if (is_key(name))
            if (auto text = detail::clean_token(undoubled(value))) token = std::move(text);
    return token;
}

std::string doubled(std::string_view text)
{
    std::string out;
    for (const char c : text)
        out.append(c == '%' ? 2 : 1, c);
    return out;
}

Sections read_sections(const fs::path& path)
{
    const auto content = detail::first_bytes(path, most_bytes);
    return content ? parse(*content, path) : Sections{};
}

bool is_plain(std::string_view text)
{
    return std::none_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
}

void check_name(const std::string& name)
{
    const bool fits = !name.empty() && name.size() <= 200 && is_plain(name) && stripped(name) == name &&
                      name.find_first_of("[]") == std::string::npos && name != "DEFAULT" &&
                      detail::is_valid_utf8(name);
    if (!fits)
        throw ValueError("A token cannot be stored under the name '" +
                         detail::printable(name.substr(0, 100)) +
                         "': give another one, without brackets and control characters.");
}

void check_token(const std::string& token)
{
    const bool fits = !token.empty() && token.size() <= 4096 &&
                      std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (!fits) throw ValueError("This is no token: tokens are one word of ASCII characters, such as hf_...");
}

[[noreturn]] void refuse_unknown(const std::string& name, const std::map<std::string, std::string>& tokens)
{
    std::string known;
    for (const auto& [other, token] : tokens)
        known.append(known.empty() ? "" : ", ").append(detail::printable(other));
    throw ValueError("No token is stored under the name '" + detail::printable(name.substr(0, 100)) + "'; " +
                     (known.empty() ? "there is none: log in first." : "there are: " + known + "."));
}

/// The folder of a file, made for nobody else to read where there is none.
fs::path make_private_folder(const fs::path& file)
{
    auto folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    std::error_code failed;
    if (!fs::exists(folder, failed)) {
        fs::create_directories(folder, failed);
        if (failed) detail::throw_os_error(failed, "create the folder", folder);
        fs::permissions(folder, fs::perms::owner_all, failed);
    }
    return folder;
}

/// Secrets: whole or not at all, and for nobody else to read; the rename also tightens an old 0644.
void write_secret(const fs::path& path, std::string_view content)
{
    detail::atomic_write(path, content, make_private_folder(path), true, 0600);
}

void write_sections(const fs::path& path, const Sections& sections)
{
    std::string content;
    for (const auto& [section, fields] : sections) {
        content.append("[").append(section).append("]\n");
        for (const auto& [name, value] : fields)
            content.append(name).append(" = ").append(value).append("\n");
        content.append("\n");
    }
    write_secret(path, content);
}

constexpr std::chrono::seconds longest_lock{5};
constexpr std::chrono::milliseconds lock_poll{5};

/// Of two programs that change the stored tokens at one time, none may overwrite what the other has kept.
detail::FileLock lock_of(const fs::path& stored_file)
{
    const fs::path path = stored_file.string() + ".lock";
    make_private_folder(stored_file);
    const auto latest = std::chrono::steady_clock::now() + longest_lock;
    for (;;) {
        if (auto held = detail::FileLock::try_lock(path)) return std::move(*held);
        if (std::chrono::steady_clock::now() > latest)
            throw OSError(std::make_error_code(std::errc::device_or_resource_busy),
                          "Another program is changing the stored tokens (it holds " + path.string() +
                              "); try again when it has ended");
        std::this_thread::sleep_for(lock_poll);
    }
}

bool remove_file(const fs::path& path)
{
    std::error_code failed;
    const bool removed = fs::remove(path, failed);
    if (failed) detail::throw_os_error(failed, "delete", path);
    return removed;
}

} // namespace

TokenStore::TokenStore(fs::path token_file, std::optional<fs::path> stored_file)
    : token_file_(std::move(token_file)),
      stored_file_(stored_file ? std::move(*stored_file) : token_file_.parent_path() / "stored_tokens")
{
}

std::optional<std::string> TokenStore::active() const
{
    return detail::read_token_file(token_file_);
}

std::map<std::string, std::string> TokenStore::tokens() const
{
    std::map<std::string, std::string> tokens;
    for (const auto& [name, fields] : read_sections(stored_file_))
        if (auto token = token_of(fields)) tokens[name] = std::move(*token);
    return tokens;
}

std::optional<std::string> TokenStore::active_name() const
{
    const auto token = active();
    if (!token) return std::nullopt;
    for (const auto& [name, stored] : tokens())
        if (stored == *token) return name;
    return std::nullopt;
}

void TokenStore::keep(const std::string& name, const std::string& token) const
{
    check_name(name);
    check_token(token);
    const auto held = lock_of(stored_file_);
    auto all = read_sections(stored_file_);
    all[name] = {{std::string(key), doubled(token)}}; // what renewed the old one does not renew this one
    write_sections(stored_file_, all);
}

void TokenStore::activate(const std::string& name) const
{
    const auto all = tokens();
    const auto found = all.find(name);
    if (found == all.end()) refuse_unknown(name, all);
    write_secret(token_file_, found->second);
}

void TokenStore::forget(const std::string& name) const
{
    std::error_code ignored;
    if (!fs::exists(stored_file_, ignored)) refuse_unknown(name, {});
    const auto held = lock_of(stored_file_);
    const auto known = tokens();
    const auto found = known.find(name);
    if (found == known.end()) refuse_unknown(name, known);
    const bool is_active = active() == found->second;
    auto rest = read_sections(stored_file_);
    rest.erase(name);
    if (known.size() == 1)
        remove_file(stored_file_);
    else
        write_sections(stored_file_, rest);
    if (is_active) remove_file(token_file_);
}

bool TokenStore::forget_all() const
{
    std::optional<detail::FileLock> held;
    std::error_code ignored;
    if (fs::exists(stored_file_, ignored)) held = lock_of(stored_file_);
    const bool token = remove_file(token_file_);
    return remove_file(stored_file_) || token;
}

} // namespace hfasync
