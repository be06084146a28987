// CommitOperationAdd::as_file(): an addition's content as a stream.
#include <memory>
#include <optional>
#include <utility>

#include "transfer/content_body.hpp"
#include "transfer/upload_target.hpp"

namespace hfasync {

namespace asio = boost::asio;

namespace detail {
namespace {

class AdditionFile final : public ByteStream {
public:
    AdditionFile(HubPtr hub, AdditionPtr addition, ItemProgress::SharedSink sink)
        : hub_(std::move(hub)), addition_(std::move(addition)), sink_(std::move(sink))
    {
    }

    asio::awaitable<std::size_t> read(asio::mutable_buffer into) override
    {
        if (at_end_ || into.size() == 0) co_return 0;
        if (!item_) co_await open();
        const auto n = co_await (stream_ ? stream_->read(into) : body_->read(into));
        done_ += n;
        if (n > 0) {
            item_->advance(done_);
        } else {
            at_end_ = true;
            item_->finish();
        }
        co_return n;
    }

private:
    asio::awaitable<void> open()
    {
        // Content that comes only once is put aside first, so that it is still there for the commit.
        if (const auto* source = addition_->source.stream(); source && source->is_single)
            co_await inspect(hub_, {addition_});
        std::uint64_t total = 0;
        if (const auto* source = addition_->source.stream()) {
            stream_ = source->open();
            if (!stream_)
                throw ValueError("The stream of '" + addition_->path_in_repo +
                                 "' could not be opened: its factory returned nothing");
            total = source->size.value_or(addition_->size.value_or(0));
        } else {
            // Looked at anew: what the upload knows of the file is not changed by reading it.
            const auto now = std::make_shared<Addition>(
                Addition{.path_in_repo = addition_->path_in_repo, .source = addition_->source});
            co_await inspect(hub_, {now});
            total = *now->size;
            body_ = content_body(hub_, now, 0, total);
        }
        item_.emplace(sink_, ProgressPhase::upload, addition_->path_in_repo, total);
    }

    HubPtr hub_;
    AdditionPtr addition_;
    ItemProgress::SharedSink sink_;
    std::unique_ptr<ByteStream> stream_;
    std::shared_ptr<http::BodySource> body_;
    std::optional<ItemProgress> item_;
    std::uint64_t done_ = 0;
    bool at_end_ = false;
};

} // namespace
} // namespace detail

std::unique_ptr<ByteStream> CommitOperationAdd::as_file(const Hub& hub, ProgressSink progress) const
{
    return std::make_unique<detail::AdditionFile>(hub.state(), state_,
                                                  detail::ItemProgress::share(std::move(progress)));
}

} // namespace hfasync
