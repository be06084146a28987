#include "transfer/content_body.hpp"

#include <algorithm>

namespace hfasync::detail {

namespace asio = boost::asio;

asio::awaitable<std::size_t> StreamCursor::read_at(std::uint64_t offset, asio::mutable_buffer into)
{
    if (!stream_ || position_ > offset) {
        stream_ = source_.open();
        position_ = 0;
        if (!stream_)
            throw ValueError("The stream of an upload could not be opened: its factory returned nothing");
    }
    while (position_ < offset) {
        const auto skip = std::min<std::uint64_t>(offset - position_, into.size());
        const auto n = co_await stream_->read(asio::buffer(into, static_cast<std::size_t>(skip)));
        if (n == 0) co_return 0;
        position_ += n;
    }
    const auto n = co_await stream_->read(into);
    position_ += n;
    co_return n;
}

namespace {

/// What the three kinds of content share: a window of known length and a position in it.
class Window : public http::BodySource {
public:
    Window(std::uint64_t offset, std::uint64_t length) : offset_(offset), length_(length) {}
    std::optional<std::uint64_t> size() const override { return length_; }
    bool rewind() override
    {
        position_ = 0;
        return true;
    }

protected:
    std::size_t fitting(std::size_t most) const
    {
        return static_cast<std::size_t>(std::min<std::uint64_t>(most, length_ - position_));
    }
    std::uint64_t offset_;
    std::uint64_t length_;
    std::uint64_t position_ = 0;
};

class FileBody final : public Window {
public:
    FileBody(HubPtr hub, std::filesystem::path file, std::optional<FileId> identity, std::uint64_t offset,
             std::uint64_t length)
        : Window(offset, length), hub_(std::move(hub)), file_(std::move(file)), identity_(identity)
    {
    }
    asio::awaitable<std::size_t> read(asio::mutable_buffer into) override
    {
        const auto want = fitting(into.size());
        if (want == 0) co_return 0;
        const std::span<std::byte> bytes(static_cast<std::byte*>(into.data()), want);
        co_await hub_->workers.run([this, bytes] { read_now(bytes); });
        position_ += want;
        co_return want;
    }
    bool rewind() override
    {
        fd_.reset(); // by name again: a file that was replaced must be noticed
        return Window::rewind();
    }

private:
    void read_now(std::span<std::byte> bytes)
    {
        if (!fd_) fd_ = open_unchanged(file_, identity_);
        if (read_at(fd_, bytes, offset_ + position_, file_) != bytes.size()) throw_modified(file_);
        if (position_ + bytes.size() == length_) check_unchanged(fd_, file_, identity_);
    }

    HubPtr hub_;
    std::filesystem::path file_;
    std::optional<FileId> identity_;
    Fd fd_;
};

class MemoryBody final : public Window {
public:
    MemoryBody(UploadSource::Bytes bytes, std::uint64_t offset, std::uint64_t length)
        : Window(offset, length), bytes_(std::move(bytes))
    {
    }
    asio::const_buffer peek() override
    {
        return asio::buffer(bytes_->data() + offset_ + position_,
                            static_cast<std::size_t>(length_ - position_));
    }
    void consume(std::size_t n) override { position_ += n; }
    asio::awaitable<std::size_t> read(asio::mutable_buffer into) override
    {
        const auto n = asio::buffer_copy(into, peek());
        position_ += n;
        co_return n;
    }

private:
    UploadSource::Bytes bytes_;
};

class StreamBody final : public Window {
public:
    StreamBody(std::shared_ptr<StreamCursor> cursor, std::string name, std::uint64_t offset,
               std::uint64_t length)
        : Window(offset, length), cursor_(std::move(cursor)), name_(std::move(name))
    {
    }
    asio::awaitable<std::size_t> read(asio::mutable_buffer into) override
    {
        const auto want = fitting(into.size());
        if (want == 0) co_return 0;
        const auto n = co_await cursor_->read_at(offset_ + position_, asio::buffer(into, want));
        if (n == 0)
            throw FileModified(errc::file_modified,
                               "The stream for '" + name_ + "' ended earlier than when it was hashed");
        position_ += n;
        co_return n;
    }

private:
    std::shared_ptr<StreamCursor> cursor_;
    std::string name_;
};

} // namespace

std::shared_ptr<http::BodySource> content_body(HubPtr hub, AdditionPtr addition, std::uint64_t offset,
                                               std::uint64_t length, std::shared_ptr<StreamCursor> cursor)
{
    if (const auto* memory = addition->source.memory())
        return std::make_shared<MemoryBody>(*memory, offset, length);
    if (const auto* file = addition->source.file())
        return std::make_shared<FileBody>(std::move(hub), *file, addition->identity, offset, length);
    if (!cursor) cursor = std::make_shared<StreamCursor>(*addition->source.stream());
    return std::make_shared<StreamBody>(std::move(cursor), addition->path_in_repo, offset, length);
}

} // namespace hfasync::detail
