// Making commits.
#include "emulator/store/repo.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <hfasync/error.hpp>

#include "base/path_rules.hpp"
#include "emulator/store/errors.hpp"
#include "emulator/store/tree_edit.hpp"

namespace hfasync::emulator::store {

namespace {

/// A path that git would take into a tree: `git fsck` complains of ".git" in any case and anywhere.
void check_path(std::string_view path)
{
    const auto refuse = [&](std::string_view why) {
        throw StoreError(400, "", fmt::format("Invalid path in repo \"{}\": {}", path, why));
    };
    try {
        detail::check_repo_path(path);
    } catch (const Error& error) {
        refuse(error.message());
    }
    for (std::string_view rest = path;;) {
        const std::size_t slash = rest.find('/');
        std::string part(rest.substr(0, slash));
        std::transform(part.begin(), part.end(), part.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        if (part == ".git") refuse("a part of it is .git");
        if (slash == std::string_view::npos) return;
        rest.remove_prefix(slash + 1);
    }
}

[[noreturn]] void no_file(std::string_view path)
{
    throw StoreError(404, "EntryNotFound", fmt::format("A file with the name \"{}\" does not exist", path));
}

/// Plays the operations of one commit on a tree.
class Player {
public:
    using SourceTree = std::function<TreePtr(const std::string& revision)>;
    Player(ObjectStore& objects, TreeStore& trees, TreeEdit& edit, SourceTree source)
        : objects_(objects), trees_(trees), edit_(edit), source_(std::move(source))
    {
    }

    void operator()(const AddBlob& add)
    {
        check_path(add.path);
        const auto found = objects_.find_blob(add.blob);
        if (!found)
            throw StoreError(400, "", fmt::format("The content of \"{}\" was not uploaded", add.path));
        edit_.set_file(add.path, {.name = {}, .is_folder = false, .oid = add.blob, .size = found->size});
    }
    void operator()(const AddLfs& add)
    {
        check_path(add.path);
        const auto found = objects_.find_lfs(add.oid);
        if (!found)
            throw StoreError(
                400, "",
                fmt::format("Your push was rejected because an LFS pointer pointed to a file that "
                            "does not exist. Offending file: - {}",
                            add.path));
        if (found->size != add.size)
            throw StoreError(400, "",
                             fmt::format("\"{}\" has {} bytes, not {}", add.path, found->size, add.size));
        const Oid pointer = objects_.put_blob(lfs_pointer(add.oid, add.size));
        edit_.set_file(add.path,
                       {.name = {}, .is_folder = false, .oid = pointer, .size = add.size, .lfs = add.oid});
    }
    void operator()(const DeleteFile& gone)
    {
        if (!edit_.remove_file(gone.path)) no_file(gone.path);
    }
    void operator()(const DeleteFolder& gone)
    {
        std::string_view path = gone.path;
        while (path.ends_with('/'))
            path.remove_suffix(1);
        if (!edit_.remove_folder(path))
            throw StoreError(404, "EntryNotFound",
                             fmt::format("A folder with the name \"{}\" does not exist", path));
    }
    void operator()(const CopyFile& copy)
    {
        check_path(copy.path);
        const TreePtr source = source_(copy.src_revision);
        const auto entry = source ? find_path(trees_, source, copy.src_path) : std::nullopt;
        if (!entry || entry->is_folder) no_file(copy.src_path);
        edit_.set_file(copy.path, *entry);
    }

private:
    ObjectStore& objects_;
    TreeStore& trees_;
    TreeEdit& edit_;
    SourceTree source_;
};

void check_parent(const std::string& asked, const std::optional<Oid>& head)
{
    const bool good = asked.size() >= 7 && head && head->hex().starts_with(asked);
    if (!good) throw StoreError(412, "", "A commit has happened since. Please refresh and try again.");
}

Timestamp whole_seconds(Timestamp time)
{
    return std::chrono::floor<std::chrono::seconds>(time);
}

} // namespace

TreePtr Repo::play(const CommitRequest& request, const CommitRecord* parent) const
{
    const TreePtr base = parent ? trees_.load(parent->tree) : nullptr;
    TreeEdit edit(trees_, base);
    Player player(objects_, trees_, edit, [&](const std::string& revision) -> TreePtr {
        return revision.empty() ? base : root_of(resolve(revision));
    });
    for (const Operation& operation : request.operations)
        std::visit(player, operation);
    const TreePtr tree = edit.finish();
    return tree ? tree : trees_.make({}); // git's empty tree
}

CommitOutcome Repo::commit(const CommitRequest& request)
{
    if (request.title.empty()) throw StoreError(400, "", "The commit needs a summary");
    const std::scoped_lock one_writer(writing_);
    std::string ref;
    std::optional<Oid> head;
    {
        const std::shared_lock lock(mutex_);
        ref = branch_ref(request.revision);
        if (const auto found = refs_.find(ref); found != refs_.end()) head = found->second.commit;
    }
    if (request.parent) check_parent(*request.parent, head);
    const CommitRecord* parent = head ? &require_record(*head) : nullptr;
    const TreePtr tree = play(request, parent);
    CommitOutcome outcome{.commit = {}, .pull_request = {}, .changed = !parent || parent->tree != tree->oid};
    std::vector<std::string> changed =
        changed_files(trees_, parent ? trees_.load(parent->tree) : nullptr, tree);
    const std::unique_lock lock(mutex_);
    if (outcome.changed) {
        CommitRecord made{.oid = {},
                          .tree = tree->oid,
                          .parents = {},
                          .author = request.author,
                          .email = request.email,
                          .date = whole_seconds(request.date ? *request.date : clock_()),
                          .title = request.title,
                          .description = request.description,
                          .changed = std::move(changed)};
        if (head) made.parents.push_back(*head);
        made.oid = git_object_id("commit", git_commit_content(made));
        outcome.commit = made.oid;
        append(std::move(made));
    } else {
        outcome.commit = *head;
    }
    if (!outcome.changed && !request.create_pr) return outcome;
    change_and_save([&] {
        if (request.create_pr) {
            outcome.pull_request = ++settings_.last_number;
            ref = fmt::format("refs/pr/{}", settings_.last_number);
        }
        refs_.insert_or_assign(ref, make_ref(ref, outcome.commit));
        if (ref == "refs/heads/main") settings_.last_modified = clock_();
    });
    return outcome;
}

Oid Repo::squash(std::string_view branch, std::string author, std::string email, std::string title)
{
    const std::scoped_lock one_writer(writing_);
    const std::unique_lock lock(mutex_);
    const std::string ref = branch_ref(branch);
    const Oid tree = commits_.at(refs_.at(ref).commit)->tree;
    CommitRecord made{.oid = {},
                      .tree = tree,
                      .parents = {},
                      .author = std::move(author),
                      .email = std::move(email),
                      .date = whole_seconds(clock_()),
                      .title = std::move(title),
                      .description = {},
                      .changed = changed_files(trees_, nullptr, trees_.load(tree))};
    made.oid = git_object_id("commit", git_commit_content(made));
    const Oid squashed = made.oid;
    append(std::move(made));
    change_and_save([&] {
        refs_.at(ref).commit = squashed;
        if (ref == "refs/heads/main") settings_.last_modified = clock_();
    });
    return squashed;
}

} // namespace hfasync::emulator::store
