// Collections as the Hub writes them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "emulator/json_text.hpp"
#include "emulator/router.hpp"
#include "emulator/store/collection_store.hpp"

namespace hfasync::emulator {

/// For one reader: items that he may not see are left out.
class CollectionJson {
public:
    explicit CollectionJson(const Call& call) : call_(call) {}

    /// A row of a listing: at most 4 items, and no position.
    void write_row(JsonText& out, const store::Collection& collection) const;
    /// All of it.
    void write(JsonText& out, const store::Collection& collection) const;

private:
    void write_members(JsonText& out, const store::Collection& collection, std::size_t most_items) const;
    void write_owner(JsonText& out, const std::string& owner) const;
    void write_items(JsonText& out, const store::Collection& collection, std::size_t most) const;
    void write_paper(JsonText& out, const store::CollectionItem& item) const;

    const Call& call_;
};

/// The repo of an item, if it is still the one that was added.
std::shared_ptr<store::Repo> repo_of(const Site& site, const store::CollectionItem& item);

/// GET /api/collections; part of add_collection_routes().
void add_collection_listing(Router& router);

} // namespace hfasync::emulator
