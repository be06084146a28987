// Reads the NDJSON of a commit as it arrives; file content goes to the store while its line is being read.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/store/commit.hpp"
#include "emulator/store/object_store.hpp"

namespace hfasync::emulator {

class CommitReader {
public:
    explicit CommitReader(store::ObjectStore& objects);
    ~CommitReader();

    /// Any piece of the body. \throws Refusal 400
    void feed(std::string_view chunk);
    /// At the end of the body. \throws Refusal 400
    void finish();

    const std::string& summary() const noexcept { return summary_; }
    const std::string& description() const noexcept { return description_; }
    const std::optional<std::string>& parent() const noexcept { return parent_; }
    std::vector<store::Operation>& operations() noexcept { return operations_; }
    /// LFS files whose line gave no size (copies within the Hub).
    const std::vector<std::size_t>& unsized_lfs() const noexcept { return unsized_lfs_; }

private:
    struct Line; ///< one JSON object being parsed
    void end_line();
    void take_header();
    void take_file();
    void take_lfs_file();

    store::ObjectStore& objects_;
    std::unique_ptr<Line> line_;
    bool line_begun_ = false;
    bool header_seen_ = false;
    std::string summary_, description_;
    std::optional<std::string> parent_;
    std::vector<store::Operation> operations_;
    std::vector<std::size_t> unsized_lfs_;
};

/// Decodes base64 that arrives in pieces.
class Base64Stream {
public:
    /// \returns decoded bytes, valid until the next call; nullopt for what is no base64
    std::optional<std::string_view> feed(std::string_view text);
    /// True when the end is a legal one.
    bool finished() const noexcept { return held_ == 0; }

private:
    std::string out_;
    unsigned char quad_[4];
    unsigned held_ = 0;
    bool padded_ = false;
};

} // namespace hfasync::emulator
