// Commits: what asks for one, what is kept of one, and its git object.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <hfasync/time.hpp>

#include "emulator/store/digest.hpp"

namespace hfasync::emulator::store {

/// What is kept of a commit. Title and description are the first paragraph and the rest of git's message.
struct CommitRecord {
    Oid oid;
    Oid tree;
    std::vector<Oid> parents;
    std::string author; ///< the account's name
    std::string email;
    Timestamp date; ///< whole seconds, as git keeps them
    std::string title;
    std::string description;
    std::vector<std::string> changed; ///< paths of files added, changed or deleted against the first parent
};

/// The commit object's content (without header), as `git commit-tree -m title -m description` writes it.
std::string git_commit_content(const CommitRecord& commit);
/// The message alone: title, an empty line and the description if there is one, a line end.
std::string git_commit_message(const CommitRecord& commit);
/// The content (without header) of an annotated tag, as `git tag -m message` writes it; it is dated and
/// signed like the commit.
std::string git_tag_content(std::string_view name, const CommitRecord& commit, std::string_view message);

struct AddBlob {
    std::string path;
    Oid blob; ///< already in the ObjectStore
    std::uint64_t size = 0;
};
struct AddLfs {
    std::string path;
    Sha256 oid;
    std::uint64_t size = 0;
};
struct DeleteFile {
    std::string path;
};
struct DeleteFolder {
    std::string path; ///< with or without a slash at the end
};
/// Copies a file (LFS or not) as it is in `src_revision` (empty: the branch's head).
struct CopyFile {
    std::string src_path;
    std::string path;
    std::string src_revision;
};
using Operation = std::variant<AddBlob, AddLfs, DeleteFile, DeleteFolder, CopyFile>;

struct CommitRequest {
    std::string revision = "main"; ///< a branch or refs/pr/N
    std::optional<std::string>
        parent; ///< the head must be this commit (a full hash or its first 7 digits or more)
    std::string author;
    std::string email;
    std::string title;
    std::string description;
    std::vector<Operation> operations; ///< played in order
    bool create_pr = false;
    std::optional<Timestamp> date; ///< absent: the store's clock
};

struct CommitOutcome {
    Oid commit;                      ///< the branch's head afterwards
    std::optional<int> pull_request; ///< number of the pull request made by create_pr
    bool changed = true;             ///< false: the operations left the tree as it was, nothing was committed
};

} // namespace hfasync::emulator::store
