#include "transfer/ndjson_body.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

#include "base/encoding.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t content_step = 192u << 10; // a multiple of 3: pieces of base64 fit together
constexpr std::size_t buffer_target = 256u << 10;

CommitLine whole_line(std::string_view key, json::object value)
{
    return {.before = json::serialize(json::object{{"key", key}, {"value", std::move(value)}}) + "\n"};
}

class NdjsonBody final : public http::BodySource {
public:
    NdjsonBody(HubPtr hub, std::vector<CommitLine> lines)
        : hub_(std::move(hub)), lines_(std::move(lines)), size_(ndjson_size(lines_))
    {
    }
    std::optional<std::uint64_t> size() const override { return size_; }
    bool rewind() override
    {
        end_line();
        line_ = 0;
        buffer_.clear();
        taken_ = 0;
        return true;
    }
    asio::awaitable<std::size_t> read(asio::mutable_buffer into) override
    {
        if (taken_ == buffer_.size()) {
            buffer_.clear();
            taken_ = 0;
            co_await fill();
        }
        const auto n =
            asio::buffer_copy(into, asio::buffer(buffer_.data() + taken_, buffer_.size() - taken_));
        taken_ += n;
        co_return n;
    }

private:
    asio::awaitable<void> fill()
    {
        while (buffer_.empty() && line_ < lines_.size()) {
            const auto& line = lines_[line_];
            if (line.content && line.content->source.stream())
                co_await append_from_stream(line);
            else
                co_await hub_->workers.run([this] { append_lines(); }); // disk and base64 off the io_context
        }
    }

    /// As many lines, or parts of one, as make a good buffer. On a worker.
    void append_lines()
    {
        while (buffer_.size() < buffer_target && line_ < lines_.size()) {
            const auto& line = lines_[line_];
            if (line.content && line.content->source.stream()) return;
            if (!line.content) {
                buffer_ += line.before;
                end_line();
                continue;
            }
            begin_line(line);
            append_content(line);
            if (offset_ == *line.content->size) finish_content(line);
        }
    }

    void append_content(const CommitLine& line)
    {
        const auto n =
            static_cast<std::size_t>(std::min<std::uint64_t>(content_step, *line.content->size - offset_));
        if (const auto* memory = line.content->source.memory()) {
            base64_append(buffer_, std::string_view(**memory).substr(offset_, n));
        } else {
            const auto& file = *line.content->source.file();
            if (!fd_) fd_ = open_unchanged(file, line.content->identity);
            scratch_.resize(n);
            if (read_at(fd_, std::as_writable_bytes(std::span(scratch_)), offset_, file) != n)
                throw_modified(file);
            if (offset_ + n == *line.content->size) check_unchanged(fd_, file, line.content->identity);
            base64_append(buffer_, scratch_);
        }
        offset_ += n;
    }

    asio::awaitable<void> append_from_stream(const CommitLine& line)
    {
        begin_line(line);
        if (!cursor_) cursor_ = std::make_shared<StreamCursor>(*line.content->source.stream());
        const auto want =
            static_cast<std::size_t>(std::min<std::uint64_t>(content_step, *line.content->size - offset_));
        scratch_.resize(want);
        for (std::size_t have = 0; have < want;) {
            const auto n = co_await cursor_->read_at(offset_ + have, asio::buffer(scratch_) + have);
            if (n == 0)
                throw FileModified(errc::file_modified, "The stream for '" + line.content->path_in_repo +
                                                            "' ended earlier than when it was looked at");
            have += n;
        }
        base64_append(buffer_, scratch_);
        offset_ += want;
        if (offset_ == *line.content->size) finish_content(line);
    }

    void begin_line(const CommitLine& line)
    {
        if (!begun_) buffer_ += line.before;
        begun_ = true;
    }
    void finish_content(const CommitLine& line)
    {
        buffer_ += line.after;
        end_line();
    }
    void end_line()
    {
        ++line_;
        begun_ = false;
        offset_ = 0;
        fd_.reset();
        cursor_.reset();
    }

    HubPtr hub_;
    std::vector<CommitLine> lines_;
    std::uint64_t size_;
    std::string buffer_;
    std::size_t taken_ = 0;

    std::size_t line_ = 0; // where the next bytes come from
    bool begun_ = false;
    std::uint64_t offset_ = 0;
    Fd fd_;
    std::shared_ptr<StreamCursor> cursor_;
    std::string scratch_;
};

} // namespace

CommitLine header_line(const CommitHeader& header)
{
    json::object value{{"summary", header.summary}, {"description", header.description}};
    if (header.parent_commit) value["parentCommit"] = *header.parent_commit;
    return whole_line("header", std::move(value));
}

CommitLine file_line(AdditionPtr addition)
{
    // Text around the content, in the reference's order of members.
    CommitLine line{.before = R"({"key":"file","value":{"content":")",
                    .content = addition,
                    .after = R"(","path":)" + json::serialize(json::string(addition->path_in_repo)) +
                             R"(,"encoding":"base64"}})"
                             "\n"};
    return line;
}

CommitLine lfs_line(std::string_view path, std::string_view oid, std::optional<std::uint64_t> size)
{
    json::object value{{"path", path}, {"algo", "sha256"}, {"oid", oid}};
    if (size) value["size"] = *size;
    return whole_line("lfsFile", std::move(value));
}

CommitLine delete_line(std::string_view path, bool is_folder)
{
    return whole_line(is_folder ? "deletedFolder" : "deletedFile", {{"path", path}});
}

std::uint64_t ndjson_size(const std::vector<CommitLine>& lines)
{
    std::uint64_t size = 0;
    for (const auto& line : lines)
        size +=
            line.before.size() + (line.content ? base64_size(*line.content->size) + line.after.size() : 0);
    return size;
}

std::shared_ptr<http::BodySource> ndjson_body(HubPtr hub, std::vector<CommitLine> lines)
{
    return std::make_shared<NdjsonBody>(std::move(hub), std::move(lines));
}

} // namespace hfasync::detail
