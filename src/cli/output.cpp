#include "cli/output.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <string_view>

#include <unistd.h>

#include <hfasync/error.hpp>

#include "cli/progress_display.hpp"
#include "cli/text_width.hpp"
#include "describe/print.hpp"

namespace hfasync::cli {

namespace json = boost::json;

namespace {

constexpr std::string_view gap = "  ";
constexpr std::size_t least_width = 8;  ///< of the value of a field
constexpr std::size_t usual_width = 16; ///< narrower than this, a column goes rather than shrinks
constexpr std::size_t id_width = 40;    ///< a commit
constexpr std::size_t date_width = 16;  ///< "2024-01-02 03:04"

/// "lfs.sha256" is the member of a member.
const json::value* field_of(const json::object& row, std::string_view path)
{
    const auto* value = row.if_contains(path);
    if (value) return value;
    const auto dot = path.find('.');
    if (dot == std::string_view::npos) return nullptr;
    const auto* inner = row.if_contains(path.substr(0, dot));
    const auto* object = inner ? inner->if_object() : nullptr;
    return object ? field_of(*object, path.substr(dot + 1)) : nullptr;
}

bool is_time(std::string_view text)
{
    constexpr std::string_view shape = "0000-00-00T00:00:00";
    if (text.size() < shape.size() || !text.ends_with('Z')) return false;
    return std::equal(shape.begin(), shape.end(), text.begin(), [](char wanted, char c) {
        return wanted == '0' ? std::isdigit(static_cast<unsigned char>(c)) != 0 : c == wanted;
    });
}

/// For a terminal: times to the minute, and lists of objects counted.
std::string shown(const json::value& value)
{
    if (const auto* text = value.if_string(); text && is_time({text->data(), text->size()})) {
        std::string out(text->data(), date_width);
        out[10] = ' ';
        return out;
    }
    const auto* array = value.if_array();
    const bool has_objects =
        array && std::any_of(array->begin(), array->end(), [](const auto& e) { return e.is_structured(); });
    if (has_objects)
        return fmt::format("{} ({})",
                           array->size() == 1 ? "1 entry" : fmt::format("{} entries", array->size()),
                           "--json shows it");
    if (const auto* yes = value.if_bool()) return *yes ? "yes" : "no";
    return detail::print_json(value);
}

std::string heading(std::string_view field)
{
    std::string out(field);
    std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
        return c == '_' || c == '.' ? ' ' : static_cast<char>(std::toupper(c));
    });
    return out;
}

// ---- rows -------------------------------------------------------------------------------------------------

/// All names that rows have, in the order of their fields.
std::vector<std::string> names_of(const json::array& rows)
{
    std::vector<std::string> out;
    for (const auto& row : rows)
        for (const auto& member : row.get_object())
            if (std::find(out.begin(), out.end(), member.key()) == out.end()) out.emplace_back(member.key());
    return out;
}

std::vector<std::string> chosen_columns(const json::array& rows, const View& view,
                                        const OutputOptions& options)
{
    for (const auto& column : options.columns) {
        const bool known = rows.empty() || std::any_of(rows.begin(), rows.end(), [&](const json::value& row) {
                               return field_of(row.get_object(), column.substr(0, column.find('.')));
                           });
        if (known) continue;
        std::string names;
        for (const auto& name : names_of(rows))
            names.append(names.empty() ? "" : ", ").append(name);
        throw ValueError("There is no column '" + column + "'; there are: " + names + ".");
    }
    if (!options.columns.empty()) return options.columns;
    return view.columns.empty() ? names_of(rows) : view.columns;
}

std::string lines(const json::array& rows, const std::vector<std::string>& columns)
{
    std::string out;
    for (const auto& row : rows) {
        for (const auto& column : columns) {
            const auto* value = field_of(row.get_object(), column);
            if (&column != columns.data()) out += '\t';
            if (value) out += detail::print_json(*value);
        }
        out += '\n';
    }
    return out;
}

struct Column {
    std::string head;
    std::vector<std::string> cells;
    Align align = Align::right;
    std::size_t width = 0;
    bool empty = true;
    bool is_id = false;
};

Column column_of(const json::array& rows, const std::string& name)
{
    Column column{.head = heading(name), .cells = {}};
    column.width = display_width(column.head);
    for (const auto& row : rows) {
        const auto* value = field_of(row.get_object(), name);
        if (value && !value->is_null() && !value->is_number()) column.align = Align::left;
        column.cells.push_back(value ? shown(*value) : std::string());
        column.width = std::max(column.width, display_width(column.cells.back()));
        column.empty = column.empty && column.cells.back().empty();
    }
    return column;
}

std::size_t total_width(const std::vector<Column>& columns)
{
    std::size_t total = columns.empty() ? 0 : (columns.size() - 1) * gap.size();
    for (const auto& column : columns)
        total += column.width;
    return total;
}

/// Columns of text give way, the widest first; when they would be too narrow, the last ones go. Of ids much
/// is kept: they are there to be copied.
void fit(std::vector<Column>& columns, std::size_t width)
{
    const auto least = [width](const Column& column) {
        if (column.align == Align::right) return column.width;
        return std::min(column.width, column.is_id ? std::max(id_width, width / 2) : usual_width);
    };
    while (columns.size() > 1) {
        std::size_t all = (columns.size() - 1) * gap.size();
        for (const auto& column : columns)
            all += least(column);
        if (all <= width) break;
        columns.pop_back();
    }
    for (const bool ids_too : {false, true})
        while (total_width(columns) > width) {
            Column* widest = nullptr;
            for (auto& column : columns)
                if (column.align == Align::left && (ids_too || column.width > least(column)) &&
                    (!widest || column.width > widest->width))
                    widest = &column;
            if (!widest || widest->width == 0) break;
            --widest->width;
        }
}

std::string table(const json::array& rows, const std::vector<std::string>& names, const std::string& id,
                  bool keep_empty, std::size_t width)
{
    if (rows.empty()) return {};
    std::vector<Column> columns;
    for (const auto& name : names) {
        auto column = column_of(rows, name);
        column.is_id = name == id;
        if (keep_empty || columns.empty() || !column.empty) columns.push_back(std::move(column));
    }
    fit(columns, width);
    std::string out;
    const auto add_line = [&](auto&& cell_of) {
        std::string line;
        for (const auto& column : columns)
            line.append(line.empty() && &column == columns.data() ? "" : gap)
                .append(fitted(cell_of(column), column.width, column.align));
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + '\n';
    };
    add_line([](const Column& column) { return column.head; });
    for (std::size_t i = 0; i < rows.size(); ++i)
        add_line([i](const Column& column) { return column.cells[i]; });
    return out;
}

// ---- one object -------------------------------------------------------------------------------------------

std::string fields(const json::object& object, const View& view, const OutputOptions& options,
                   const Screen& screen)
{
    const auto& wanted = options.columns.empty() ? view.columns : options.columns;
    if (wanted.size() == 1) {
        const auto* value = field_of(object, wanted.front());
        return (value ? detail::print_json(*value) : std::string()) + '\n';
    }
    std::vector<std::pair<std::string, const json::value*>> shown_fields;
    if (wanted.empty())
        for (const auto& member : object)
            shown_fields.emplace_back(member.key(), &member.value());
    for (const auto& name : wanted)
        if (const auto* value = field_of(object, name)) shown_fields.emplace_back(name, value);
    std::size_t width = 0;
    std::erase_if(shown_fields, [](const auto& field) { return field.second->is_null(); });
    for (const auto& [name, value] : shown_fields)
        width = std::max(width, name.size());
    std::string out;
    for (const auto& [name, value] : shown_fields) {
        if (!screen.is_terminal) {
            out += name + '\t' + detail::print_json(*value) + '\n';
            continue;
        }
        const auto text = shown(*value);
        if (text.empty()) continue;
        const auto left = screen.width > width + 2 + least_width ? screen.width - width - 2 : least_width;
        auto line =
            fitted(name, width) + std::string(gap) + fitted(text, std::min(display_width(text), left));
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + '\n';
    }
    return out;
}

std::string id_of(const json::value& value, const View& view)
{
    const auto* object = value.if_object();
    if (!object) return detail::print_json(value);
    const auto name = !view.id.empty()       ? view.id
                      : view.columns.empty() ? std::string()
                                             : view.columns.front();
    const auto* field = field_of(*object, name);
    if (!field && name.empty() && !object->empty()) field = &object->begin()->value();
    return field ? detail::print_json(*field) : std::string();
}

} // namespace

std::string printable_text(std::string_view text)
{
    return detail::print_json(json::value(json::string_view(text.data(), text.size())));
}

Screen Screen::of_stdout()
{
    return {.is_terminal = ::isatty(STDOUT_FILENO) == 1, .width = ProgressDisplay::columns_of(stdout)};
}

std::string rendered(const json::value& result, const View& view, const OutputOptions& options,
                     const Screen& screen)
{
    if (options.json) return json::serialize(result) + '\n';
    const auto* array = result.if_array();
    if (!array) {
        if (result.is_null()) return {};
        const auto* object = result.if_object();
        if (options.quiet || !object) return id_of(result, view) + '\n';
        return fields(*object, view, options, screen);
    }
    const bool are_rows =
        std::all_of(array->begin(), array->end(), [](const json::value& row) { return row.is_object(); });
    if (options.quiet || !are_rows) {
        std::string out;
        for (const auto& element : *array)
            out += id_of(element, view) + '\n';
        return out;
    }
    const auto columns = chosen_columns(*array, view, options);
    return screen.is_terminal ? table(*array, columns, view.id, !options.columns.empty(), screen.width)
                              : lines(*array, columns);
}

void add_output_options(CLI::App& command, const std::shared_ptr<OutputOptions>& options)
{
    auto* as_json = command.add_flag("--json", options->json, "The whole result as JSON");
    command.add_flag("-q,--quiet", options->quiet, "Ids only, one per line")->excludes(as_json);
    command
        .add_option("--columns", options->columns,
                    "Fields to show, separated by commas (those of --json; lfs.size for inner ones)")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name("FIELDS")
        ->excludes(as_json);
}

void print_result(const json::value& result, const View& view, const OutputOptions& options)
{
    const auto text = rendered(result, view, options, Screen::of_stdout());
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
        throw OSError(std::error_code(errno, std::generic_category()), "cannot write the result");
}

bool confirmed(const std::string& question)
{
    if (::isatty(STDIN_FILENO) == 0)
        throw ValueError(
            "Nothing was done: there is no terminal to ask on. Pass --yes to go on without being "
            "asked.");
    fmt::print(stderr, "{} [y/N] ", question);
    std::fflush(stderr);
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "Y" || answer == "yes";
}

} // namespace hfasync::cli
