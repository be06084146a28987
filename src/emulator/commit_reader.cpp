#include "emulator/commit_reader.hpp"

#include <array>
#include <charconv>

#include <boost/json/basic_parser_impl.hpp>

#include "emulator/wire/message.hpp"

namespace hfasync::emulator {

namespace json = boost::json;
using boost::system::error_code;

namespace {

/// Paths, messages and the like; file content is not bounded by it.
constexpr std::size_t text_limit = 1u << 20;
/// Content that may turn out not to be base64, because its "encoding" comes after it.
constexpr std::size_t kept_raw = 256u << 10;

[[noreturn]] void refuse(const std::string& why)
{
    throw Refusal(400, "", "Invalid commit: " + why);
}

constexpr auto base64_table = [] {
    std::array<signed char, 256> table{};
    table.fill(-1);
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < digits.size(); ++i)
        table[static_cast<unsigned char>(digits[i])] = static_cast<signed char>(i);
    return table;
}();

int digit(char c)
{
    return base64_table[static_cast<unsigned char>(c)];
}

} // namespace

std::optional<std::string_view> Base64Stream::feed(std::string_view text)
{
    out_.resize(text.size() / 4 * 3 + 6);
    char* to = out_.data();
    std::size_t i = 0;
    const auto slow = [&](char c) {
        if (c == '=') {
            // "xx==" or "xxx=": what is held is the end.
            if (held_ < 2 && !padded_) return false;
            if (!padded_) {
                const unsigned bits =
                    static_cast<unsigned>(quad_[0] << 18 | quad_[1] << 12 | (held_ == 3 ? quad_[2] << 6 : 0));
                *to++ = static_cast<char>(bits >> 16);
                if (held_ == 3) *to++ = static_cast<char>(bits >> 8);
                padded_ = true;
            }
            held_ = (held_ + 1) % 4;
            return true;
        }
        const int value = digit(c);
        if (value < 0 || padded_) return false;
        quad_[held_++] = static_cast<unsigned char>(value);
        if (held_ == 4) {
            const unsigned bits =
                static_cast<unsigned>(quad_[0] << 18 | quad_[1] << 12 | quad_[2] << 6 | quad_[3]);
            *to++ = static_cast<char>(bits >> 16);
            *to++ = static_cast<char>(bits >> 8);
            *to++ = static_cast<char>(bits);
            held_ = 0;
        }
        return true;
    };
    while (i < text.size() && (held_ != 0 || padded_))
        if (!slow(text[i++])) return std::nullopt;
    for (; i + 4 <= text.size(); i += 4) {
        const int a = digit(text[i]), b = digit(text[i + 1]), c = digit(text[i + 2]), d = digit(text[i + 3]);
        if ((a | b | c | d) < 0) break;
        const unsigned bits = static_cast<unsigned>(a << 18 | b << 12 | c << 6 | d);
        *to++ = static_cast<char>(bits >> 16);
        *to++ = static_cast<char>(bits >> 8);
        *to++ = static_cast<char>(bits);
    }
    while (i < text.size())
        if (!slow(text[i++])) return std::nullopt;
    return std::string_view(out_.data(), static_cast<std::size_t>(to - out_.data()));
}

/// The handler of Boost.JSON's incremental parser. Only {"key": text, "value": {name: scalar}} has a meaning;
/// deeper values are passed over.
struct CommitReader::Line {
    struct Handler {
        static constexpr std::size_t max_object_size = 64;
        static constexpr std::size_t max_array_size = 1u << 16;
        static constexpr std::size_t max_key_size = 256;
        static constexpr std::size_t max_string_size = std::size_t(-1) / 2;

        explicit Handler(store::ObjectStore& objects) : objects(objects) {}

        store::ObjectStore& objects;
        int depth = 0;
        std::string outer_key, inner_key, partial;
        std::string kind;
        Pairs fields; ///< scalars of "value", as text
        Base64Stream base64;
        std::optional<store::BlobWriter> content;
        std::string raw; ///< the content as it came, while small
        bool raw_complete = true;
        bool bad_base64 = false;

        bool in_value() const noexcept { return depth == 2 && outer_key == "value"; }
        bool is_content() const noexcept { return in_value() && inner_key == "content"; }
        void scalar(std::string text)
        {
            if (depth == 1 && outer_key == "key") kind = std::move(text);
            if (in_value()) fields.emplace_back(inner_key, std::move(text));
        }
        bool text_part(std::string_view part, error_code& ec)
        {
            if (is_content()) return content_part(part);
            if (partial.size() + part.size() > text_limit) {
                ec = json::error::string_too_large;
                return false;
            }
            partial.append(part);
            return true;
        }
        bool content_part(std::string_view part)
        {
            if (!content) content.emplace(objects.write_blob());
            if (raw_complete && raw.size() + part.size() <= kept_raw)
                raw.append(part);
            else
                raw_complete = false;
            if (bad_base64) return true;
            if (const auto bytes = base64.feed(part))
                content->write(*bytes);
            else
                bad_base64 = true; // perhaps it is "encoding": "utf-8"
            return true;
        }

        bool on_document_begin(error_code&) { return true; }
        bool on_document_end(error_code&) { return true; }
        bool on_object_begin(error_code&) { return ++depth, true; }
        bool on_object_end(std::size_t, error_code&) { return --depth, true; }
        bool on_array_begin(error_code&) { return depth += 100, true; }
        bool on_array_end(std::size_t, error_code&) { return depth -= 100, true; }
        bool on_key_part(json::string_view part, std::size_t, error_code&)
        {
            return partial.append(part.data(), part.size()), true;
        }
        bool on_key(json::string_view part, std::size_t, error_code&)
        {
            partial.append(part.data(), part.size());
            (depth == 1 ? outer_key : inner_key) = std::move(partial);
            partial.clear();
            return true;
        }
        bool on_string_part(json::string_view part, std::size_t, error_code& ec)
        {
            return text_part({part.data(), part.size()}, ec);
        }
        bool on_string(json::string_view part, std::size_t, error_code& ec)
        {
            if (!text_part({part.data(), part.size()}, ec)) return false;
            if (!is_content()) scalar(std::move(partial));
            partial.clear();
            return true;
        }
        bool on_number_part(json::string_view, error_code&) { return true; }
        bool on_int64(std::int64_t number, json::string_view, error_code&)
        {
            return scalar(std::to_string(number)), true;
        }
        bool on_uint64(std::uint64_t number, json::string_view, error_code&)
        {
            return scalar(std::to_string(number)), true;
        }
        bool on_double(double, json::string_view, error_code&) { return scalar("?"), true; }
        bool on_bool(bool, error_code&) { return true; }
        bool on_null(error_code&) { return true; }
        bool on_comment_part(json::string_view, error_code&) { return true; }
        bool on_comment(json::string_view, error_code&) { return true; }
    };

    explicit Line(store::ObjectStore& objects) : parser(json::parse_options{}, objects) {}
    json::basic_parser<Handler> parser;
    Handler& handler() { return parser.handler(); }
    std::optional<std::string> field(std::string_view name)
    {
        for (auto& [key, value] : handler().fields)
            if (key == name) return value;
        return std::nullopt;
    }
    std::string require(std::string_view name)
    {
        auto value = field(name);
        if (!value) refuse("\"" + handler().kind + "\" needs \"" + std::string(name) + "\"");
        return *value;
    }
};

CommitReader::CommitReader(store::ObjectStore& objects) : objects_(objects) {}
CommitReader::~CommitReader() = default;

void CommitReader::feed(std::string_view chunk)
{
    while (!chunk.empty()) {
        const auto end = chunk.find('\n');
        const auto part = chunk.substr(0, end);
        if (!part.empty() && (line_ || part.find_first_not_of(" \r\t") != std::string_view::npos)) {
            if (!line_) line_ = std::make_unique<Line>(objects_);
            error_code ec;
            line_->parser.write_some(true, part.data(), part.size(), ec);
            if (ec) refuse("a line is no JSON object (" + ec.message() + ")");
        }
        if (end == std::string_view::npos) return;
        end_line();
        chunk.remove_prefix(end + 1);
    }
}

void CommitReader::finish()
{
    end_line();
    if (!header_seen_) refuse("the header line is missing");
}

void CommitReader::end_line()
{
    if (!line_) return;
    error_code ec;
    line_->parser.write_some(false, "", 0, ec);
    if (ec) refuse("a line is no JSON object (" + ec.message() + ")");
    const auto& kind = line_->handler().kind;
    if (kind == "header")
        take_header();
    else if (!header_seen_)
        refuse("the first line must be the header");
    else if (kind == "file")
        take_file();
    else if (kind == "lfsFile")
        take_lfs_file();
    else if (kind == "deletedFile")
        operations_.emplace_back(store::DeleteFile{line_->require("path")});
    else if (kind == "deletedFolder")
        operations_.emplace_back(store::DeleteFolder{line_->require("path")});
    else if (kind == "copyFile")
        operations_.emplace_back(store::CopyFile{.src_path = line_->require("srcPath"),
                                                 .path = line_->require("path"),
                                                 .src_revision = line_->field("srcRevision").value_or("")});
    else
        refuse("unknown key \"" + kind + "\"");
    line_.reset();
}

void CommitReader::take_header()
{
    if (header_seen_) refuse("there are two headers");
    header_seen_ = true;
    summary_ = line_->require("summary");
    if (summary_.empty()) refuse("the summary is empty");
    description_ = line_->field("description").value_or("");
    parent_ = line_->field("parentCommit");
}

void CommitReader::take_file()
{
    auto& handler = line_->handler();
    auto path = line_->require("path");
    const auto encoding = line_->field("encoding").value_or("base64");
    if (encoding == "utf-8") {
        if (!handler.raw_complete)
            refuse("\"" + path + "\": content in utf-8 of this size must be sent as base64");
        handler.content.emplace(objects_.write_blob());
        handler.content->write(handler.raw);
    } else if (encoding != "base64" || handler.bad_base64 || !handler.base64.finished())
        refuse("\"" + path + "\": content is not " + encoding);
    if (!handler.content) handler.content.emplace(objects_.write_blob());
    auto& writer = *handler.content;
    const auto size = writer.size();
    operations_.emplace_back(store::AddBlob{std::move(path), writer.finish(), size});
}

void CommitReader::take_lfs_file()
{
    const auto oid = store::Sha256::parse(line_->require("oid"));
    if (!oid) refuse("\"oid\" of an LFS file must be a SHA-256 in lower-case hex");
    store::AddLfs file{.path = line_->require("path"), .oid = *oid, .size = 0};
    if (const auto size = line_->field("size")) {
        if (std::from_chars(size->data(), size->data() + size->size(), file.size).ptr !=
            size->data() + size->size())
            refuse("\"size\" of an LFS file must be a whole number");
    } else
        unsized_lfs_.push_back(operations_.size());
    operations_.emplace_back(std::move(file));
}

} // namespace hfasync::emulator
