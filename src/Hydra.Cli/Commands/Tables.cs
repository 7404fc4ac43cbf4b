using System.Globalization;
using Hydra.Storage;
using Spectre.Console;

namespace Hydra.Cli.Commands;

/// <summary>How tables and the values in them look. Text is never taken for markup.</summary>
internal static class Tables
{
    public static Table Create(params ReadOnlySpan<string> columns)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(Markup.Escape(column)).NoWrap());
        }

        return table;
    }

    public static void AddRow(Table table, params IEnumerable<string> cells) =>
        table.AddRow(cells.Select(cell => new Text(Printable(cell))));

    public static string Time(Instant at) =>
        at.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Of(int value, int limit) => $"{Number(value)} of {Number(limit)}";

    public static string Short(string text, int length) => text.Length <= length ? text : text[..(length - 1)] + "…";

    /// <remarks>What users recorded may hold control characters, which must not reach the terminal.</remarks>
    public static string Printable(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)) : text;
}
