#include "transfer/upload_metadata.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <thread>
#include <vector>

namespace hfasync::detail {

namespace {

constexpr std::int64_t micros = 1'000'000;
constexpr std::chrono::hours kept_uncommitted{20};
constexpr std::size_t longest_name = 255;
constexpr std::chrono::seconds longest_lock{5}; // the reference holds it for one small read or write
constexpr std::chrono::milliseconds lock_poll{5};
constexpr const char* target_file = "upload/.hfasync-target";

/// The first eight lines of a text; what has no line end is none.
std::vector<std::string_view> lines_of(std::string_view text)
{
    std::vector<std::string_view> lines;
    for (auto end = text.find('\n'); end != std::string_view::npos && lines.size() < 8;
         end = text.find('\n')) {
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    return lines;
}

template <class T>
bool read_number(std::string_view text, T& value)
{
    const auto [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    return ec == std::errc() && stop == text.data() + text.size();
}

bool read_flag(std::string_view text, bool& flag)
{
    if (text != "0" && text != "1") return false;
    flag = text == "1";
    return true;
}

} // namespace

std::optional<UploadMetadata> parse_upload_metadata(std::string_view text)
{
    auto lines = lines_of(text);
    if (lines.size() < 7) return std::nullopt;
    UploadMetadata m;
    if (lines.size() == 8) { // a torn one has seven, of which the last but one is no flag
        const auto oid = lines[5];
        if (!oid.empty() && !is_lower_hex(oid, 40) && !is_lower_hex(oid, 64)) return std::nullopt;
        m.remote_oid = oid;
        lines.erase(lines.begin() + 5);
    }
    const auto time = lines[0], size = lines[1], ignore = lines[2], sha256 = lines[3], mode = lines[4],
               uploaded = lines[5], committed = lines[6];
    double seconds = 0;
    if (!read_number(time, seconds) || !std::isfinite(seconds) || std::abs(seconds) > 1e12)
        return std::nullopt;
    m.saved_us = std::llround(seconds * static_cast<double>(micros));
    if (!read_number(size, m.size)) return std::nullopt;
    if (bool flag = false; !ignore.empty()) {
        if (!read_flag(ignore, flag)) return std::nullopt;
        m.should_ignore = flag;
    }
    if (!sha256.empty() && !is_lower_hex(sha256, 64)) return std::nullopt;
    m.sha256 = sha256;
    if (mode == "lfs")
        m.mode = UploadMode::lfs;
    else if (mode == "regular")
        m.mode = UploadMode::regular;
    else if (!mode.empty())
        return std::nullopt;
    if (!read_flag(uploaded, m.is_uploaded) || !read_flag(committed, m.is_committed)) return std::nullopt;
    return m;
}

std::string format_upload_metadata(const UploadMetadata& m)
{
    const auto optional_flag = [](std::optional<bool> flag) { return !flag ? "" : *flag ? "1" : "0"; };
    const auto mode = !m.mode ? "" : *m.mode == UploadMode::lfs ? "lfs" : "regular";
    const auto oid = m.remote_oid ? *m.remote_oid + "\n" : "";
    return fmt::format("{}.{:06}\n{}\n{}\n{}\n{}\n{}{:d}\n{:d}\n", m.saved_us / micros, m.saved_us % micros,
                       m.size, optional_flag(m.should_ignore), m.sha256, mode, oid, m.is_uploaded,
                       m.is_committed);
}

UploadMetadata believable(UploadMetadata metadata, const FileId& file, Timestamp now)
{
    if (file.mtime_ns / 1000 > metadata.saved_us || metadata.size != file.size) return {.size = file.size};
    const Timestamp saved{std::chrono::microseconds(metadata.saved_us)};
    if (metadata.is_uploaded && !metadata.is_committed && now - saved > kept_uncommitted)
        metadata.is_uploaded = false;
    return metadata;
}

UploadRecords::UploadRecords(const std::filesystem::path& folder) : shown_(folder / ".cache" / "huggingface")
{
    const Fd root = open_folder(folder);
    // Makes the folders on the way.
    const Fd ignore = open_beneath(root, ".cache/huggingface/.gitignore", O_RDWR | O_CREAT, 0666, true);
    if (file_id(ignore, shown_ / ".gitignore").size == 0)
        write_all_at(ignore, std::as_bytes(std::span("*", 1)), 0, shown_ / ".gitignore");
    root_ = std::make_shared<const Fd>(
        open_beneath(root, ".cache/huggingface", O_RDONLY | O_DIRECTORY, 0, false));
}

std::string UploadRecords::named(std::string_view path, std::string_view extension) const
{
    constexpr std::string_view record = ".metadata", temp = ".tmp";
    const auto slash = path.rfind('/') + 1; // 0 when there is none
    if (path.size() - slash + record.size() + temp.size() <= longest_name)
        return fmt::format("upload/{}{}", path, extension);
    const auto name = fmt::format("{}{}", path.substr(slash), record);
    return fmt::format("upload/{}{}{}", path.substr(0, slash), sha1_hex(name), extension);
}

/// Held by the descriptor; empty when the lock cannot be had, which leaves only a torn reading to the other
/// side: what is written here is renamed into place.
Fd UploadRecords::lock(std::string_view path) const
{
    const auto relative = named(path, ".lock");
    Fd fd = open_beneath(*root_, relative, O_RDWR | O_CREAT, 0666, true);
    const auto give_up = std::chrono::steady_clock::now() + longest_lock;
    for (bool supported = true; !try_flock(fd, shown_ / relative, supported);) {
        if (!supported || std::chrono::steady_clock::now() > give_up) return {};
        std::this_thread::sleep_for(lock_poll);
    }
    return fd;
}

std::optional<std::string> UploadRecords::read_text(const std::string& relative) const
{
    try {
        const Fd fd = open_beneath(*root_, relative, O_RDONLY, 0, false);
        std::array<std::byte, 4096> bytes{};
        const auto n = read_at(fd, bytes, 0, shown_ / relative);
        return std::string(reinterpret_cast<const char*>(bytes.data()), n);
    } catch (const OSError&) {
        return std::nullopt; // absent or unreadable: what is not known is done again
    }
}

void UploadRecords::replace(const std::string& relative, std::string_view content) const
{
    const auto temp = relative + ".tmp";
    {
        const Fd fd = open_beneath(*root_, temp, O_WRONLY | O_CREAT | O_TRUNC, 0666, true);
        write_all_at(fd, std::as_bytes(std::span(content)), 0, shown_ / temp);
    }
    rename_place({.folder = root_, .name = temp, .shown = shown_ / temp},
                 {.folder = root_, .name = relative, .shown = shown_ / relative});
}

std::optional<UploadMetadata> UploadRecords::read(std::string_view path) const
{
    const auto relative = named(path, ".metadata");
    const auto text = read_text(relative);
    if (!text) return std::nullopt;
    auto metadata = parse_upload_metadata(*text);
    if (!metadata) { // torn for good, or just being written
        const Fd held = lock(path);
        if (const auto again = read_text(relative)) metadata = parse_upload_metadata(*again);
    }
    if (metadata && metadata->remote_oid) eight_lines_ = true;
    return metadata;
}

void UploadRecords::write(std::string_view path, UploadMetadata metadata) const
{
    if (eight_lines_ && !metadata.remote_oid) metadata.remote_oid.emplace();
    const Fd held = lock(path);
    replace(named(path, ".metadata"), format_upload_metadata(metadata));
}

std::optional<std::string> UploadRecords::read_target() const
{
    return read_text(target_file);
}

void UploadRecords::write_target(std::string_view target) const
{
    replace(target_file, target);
}

bool UploadRecords::has_records() const
{
    std::error_code ec;
    return std::filesystem::exists(shown_ / "upload", ec);
}

} // namespace hfasync::detail
