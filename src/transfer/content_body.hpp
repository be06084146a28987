// A part of an addition's content as a request body.
#pragma once

#include <cstdint>
#include <memory>

#include "http/message.hpp"
#include "transfer/addition.hpp"

namespace hfasync::detail {

/// One open stream that the parts of a multipart upload share: parts that follow each other read on, anything
/// else opens it again and reads up to its offset. Not for parallel use.
class StreamCursor {
public:
    explicit StreamCursor(UploadSource::Stream source) : source_(std::move(source)) {}
    boost::asio::awaitable<std::size_t> read_at(std::uint64_t offset, boost::asio::mutable_buffer into);

private:
    UploadSource::Stream source_;
    std::unique_ptr<ByteStream> stream_;
    std::uint64_t position_ = 0;
};

/// Bytes [offset, offset + length). A file is read on the worker pool, and compared with what was hashed
/// before the first and before the last byte is given away, so that a changed file never becomes a whole
/// object.
std::shared_ptr<http::BodySource> content_body(HubPtr hub, AdditionPtr addition, std::uint64_t offset,
                                               std::uint64_t length,
                                               std::shared_ptr<StreamCursor> cursor = {});

} // namespace hfasync::detail
