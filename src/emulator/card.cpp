#include "emulator/card.hpp"

#include <algorithm>

#include <boost/json/parse.hpp>

#include "emulator/store/card.hpp"

namespace hfasync::emulator {

namespace json = boost::json;

namespace {

std::string text_of(const json::object& card, std::string_view key)
{
    const auto* value = card.if_contains(key);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

void derive_tags(CardFacts& facts, RepoType type)
{
    auto& tags = facts.tags;
    const auto add = [&](const std::string& tag) {
        if (!tag.empty() && std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
    };
    add(facts.sdk);
    if (facts.card) {
        facts.library_name = text_of(*facts.card, "library_name");
        facts.pipeline_tag = text_of(*facts.card, "pipeline_tag");
        add(facts.library_name);
        for (const auto& tag : store::card_tags(type, *facts.card))
            add(tag);
        add(facts.pipeline_tag);
    }
    add("region:us");
}

std::shared_ptr<const CardFacts> derive(const store::Repo& repo, const std::optional<store::Oid>& commit)
{
    auto facts = std::make_shared<CardFacts>();
    facts->sdk = repo.settings().sdk;
    if (commit) {
        if (const auto readme = repo.read_file(*commit, "README.md"))
            if (auto card = store::read_card(*readme); card.data.is_object())
                facts->card = std::move(card.data.get_object());
        if (const auto text = repo.read_file(*commit, "config.json");
            text && repo.type() == RepoType::model) {
            boost::system::error_code ec;
            const auto value = json::parse(*text, ec);
            if (!ec && value.is_object()) {
                json::object config;
                for (const char* key : {"architectures", "model_type"})
                    if (const auto* member = value.get_object().if_contains(key)) config[key] = *member;
                facts->config = std::move(config);
            }
        }
    }
    if (facts->card && repo.type() == RepoType::space)
        if (auto sdk = text_of(*facts->card, "sdk"); !sdk.empty()) facts->sdk = std::move(sdk);
    derive_tags(*facts, repo.type());
    return facts;
}

} // namespace

std::shared_ptr<const CardFacts> CardCache::get(const store::Repo& repo,
                                                const std::optional<store::Oid>& commit)
{
    const auto uid = repo.settings().uid;
    {
        const std::lock_guard lock(mutex_);
        const auto it = entries_.find(uid);
        if (it != entries_.end() && it->second.commit == commit) return it->second.facts;
    }
    auto facts = derive(repo, commit);
    const std::lock_guard lock(mutex_);
    entries_[uid] = {commit, facts};
    return facts;
}

} // namespace hfasync::emulator
