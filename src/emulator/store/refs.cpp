// Branches, tags and what a revision means.
#include "emulator/store/repo.hpp"

#include <fmt/format.h>

#include <hfasync/error.hpp>
#include <hfasync/revision.hpp>

#include "emulator/store/errors.hpp"

namespace hfasync::emulator::store {

namespace {

[[noreturn]] void no_revision(std::string_view revision)
{
    throw StoreError(404, "RevisionNotFound", fmt::format("Invalid rev id: {}", revision));
}

/// What git check-ref-format refuses and a URL could bring in.
void check_ref_name(std::string_view name)
{
    bool good = !name.empty() && name.front() != '-' && name.front() != '.' && !name.ends_with(".lock") &&
                !name.ends_with('.') && name.find("..") == std::string_view::npos &&
                name.find("@{") == std::string_view::npos && name.find("/.") == std::string_view::npos &&
                name.find(".lock/") == std::string_view::npos && name != "@";
    for (const char c : name)
        good = good && static_cast<unsigned char>(c) > ' ' && c != 0x7f &&
               std::string_view("~^:?*[\\").find(c) == std::string_view::npos;
    try {
        validate_revision(name);
    } catch (const Error&) {
        good = false;
    }
    if (!good) throw StoreError(400, "", fmt::format("Invalid reference name: {}", name));
}

} // namespace

static std::string short_name(std::string_view ref)
{
    for (const std::string_view prefix : {"refs/heads/", "refs/tags/", "refs/convert/", "refs/pr/"})
        if (ref.starts_with(prefix)) return std::string(ref.substr(prefix.size()));
    return std::string(ref);
}

Ref make_ref(std::string ref, const Oid& commit, std::string message)
{
    std::string name = short_name(ref);
    return {.name = std::move(name), .ref = std::move(ref), .commit = commit, .message = std::move(message)};
}

std::optional<Oid> Repo::resolve_locked(std::string_view revision) const
{
    if (revision == "HEAD") revision = "main"; // what HEAD points to in every repo of the Hub
    for (const std::string_view prefix : {"", "refs/heads/", "refs/tags/"})
        if (const auto found = refs_.find(fmt::format("{}{}", prefix, revision)); found != refs_.end())
            return found->second.commit;
    if (const auto oid = Oid::parse(revision)) return by_hash_.contains(*oid) ? oid : std::nullopt;
    if (revision.size() < 7 || !detail::is_lower_hex(revision, revision.size()) || revision.size() > 40)
        return std::nullopt;
    std::string first(revision);
    first.resize(40, '0');
    auto at = by_hash_.lower_bound(*Oid::parse(first));
    if (at == by_hash_.end() || !at->hex().starts_with(revision)) return std::nullopt;
    const Oid found = *at;
    if (++at != by_hash_.end() && at->hex().starts_with(revision)) return std::nullopt; // ambiguous
    return found;
}

std::optional<Oid> Repo::try_resolve(std::string_view revision) const
{
    const std::shared_lock lock(mutex_);
    return resolve_locked(revision);
}

Oid Repo::resolve(std::string_view revision) const
{
    if (const auto oid = try_resolve(revision)) return *oid;
    no_revision(revision);
}

std::string Repo::branch_ref(std::string_view revision) const
{
    if (revision.starts_with("refs/") && !revision.starts_with("refs/tags/") && refs_.contains(revision))
        return std::string(revision);
    std::string branch = fmt::format("refs/heads/{}", revision);
    if (refs_.contains(branch) || (refs_.empty() && revision == default_revision)) return branch;
    if (const std::string tag = fmt::format("refs/tags/{}", revision); refs_.contains(tag))
        throw StoreError(400, "", fmt::format("Invalid reference for a branch: {}", tag));
    if (resolve_locked(revision))
        throw StoreError(400, "", fmt::format("Invalid reference for a branch: {}", revision));
    no_revision(revision);
}

Refs Repo::refs() const
{
    const std::shared_lock lock(mutex_);
    Refs out;
    for (const auto& [name, ref] : refs_) {
        if (name.starts_with("refs/heads/"))
            // The default branch leads the list.
            ref.name == default_revision ? void(out.branches.insert(out.branches.begin(), ref))
                                         : out.branches.push_back(ref);
        else if (name.starts_with("refs/tags/"))
            out.tags.push_back(ref);
        else if (name.starts_with("refs/convert/"))
            out.converts.push_back(ref);
        else if (name.starts_with("refs/pr/"))
            out.pull_requests.push_back(ref);
    }
    return out;
}

void Repo::add_ref(std::string ref, const Oid& commit, std::string message, std::string_view taken)
{
    const std::unique_lock lock(mutex_);
    if (refs_.contains(ref))
        throw StoreError(409, "",
                         fmt::format("{}: {}", taken, ref.starts_with("refs/tags/") ? short_name(ref) : ref));
    // git keeps refs as files: a/b and a cannot both be.
    for (const auto& [other, unused] : refs_)
        if (other.starts_with(ref + "/") || ref.starts_with(other + "/"))
            throw StoreError(409, "", fmt::format("{}: {}", taken, other));
    change_and_save([&] { refs_.emplace(ref, make_ref(ref, commit, std::move(message))); });
}

void Repo::remove_ref(const std::string& ref)
{
    const std::unique_lock lock(mutex_);
    if (!refs_.contains(ref)) no_revision(ref);
    change_and_save([&] { refs_.erase(ref); });
}

void Repo::create_branch(std::string_view name, std::string_view starting_point)
{
    check_ref_name(name);
    const std::scoped_lock one_writer(writing_);
    const Oid from = resolve(starting_point);
    add_ref(fmt::format("refs/heads/{}", name), from, "", "Reference already exists");
}

void Repo::delete_branch(std::string_view name)
{
    if (name == default_revision) throw StoreError(403, "", "Cannot delete the default branch");
    const std::scoped_lock one_writer(writing_);
    remove_ref(fmt::format("refs/heads/{}", name));
}

void Repo::create_tag(std::string_view name, std::string_view revision, std::string message)
{
    check_ref_name(name);
    const std::scoped_lock one_writer(writing_);
    const Oid target = resolve(revision);
    add_ref(fmt::format("refs/tags/{}", name), target, std::move(message), "Tag reference exists already");
}

void Repo::delete_tag(std::string_view name)
{
    const std::scoped_lock one_writer(writing_);
    remove_ref(fmt::format("refs/tags/{}", name));
}

void Repo::set_ref(std::string ref, const Oid& commit)
{
    const std::scoped_lock one_writer(writing_);
    const std::unique_lock lock(mutex_);
    if (!commits_.contains(commit)) no_revision(commit.hex());
    change_and_save([&] { refs_.insert_or_assign(ref, make_ref(ref, commit)); });
}

} // namespace hfasync::emulator::store
