using Spectre.Console;

namespace Hydra.Cli.Commands;

/// <summary>A table that fits: what it has no room for is cut off or left out, and no row takes two lines.</summary>
/// <remarks>
/// Columns in which nothing stands are left out too. Ids stay whole, so that they can be copied. Without a width, as in
/// a pipe, everything is shown.
/// </remarks>
internal sealed class Listing(params IReadOnlyList<Column> columns)
{
    private const int Gap = 2;
    private const int Narrow = 16; // Cells that shrink stay at least this wide as long as columns can be left out.
    private const int Narrowest = 6;

    private readonly List<string[]> _rows = [];

    public void Add(params IEnumerable<string> cells) => _rows.Add([.. cells.Select(Tables.Printable)]);

    /// <summary>Whether all of it can be seen within a width.</summary>
    public bool Fits(int? width) => width is null || Total(Filled(), Natural()) <= width;

    public Table Render(int? width)
    {
        var natural = Natural();
        var shown = Filled();
        while (width is { } room && Total(shown, At(Narrow)) > room && Dispensable(shown) is { } least)
        {
            shown.Remove(least);
        }

        var widths = width is { } limit ? Shrink(shown, natural, limit) : natural;
        var table = new Table().Border(TableBorder.None).Collapse();
        foreach (var index in shown)
        {
            var column = new TableColumn(new Markup($"[bold]{Markup.Escape(columns[index].Title)}[/]"))
                .NoWrap().Padding(0, 0, index == shown[^1] ? 0 : Gap, 0);
            table.AddColumn(columns[index].IsNumber ? column.RightAligned() : column);
        }

        foreach (var row in _rows)
        {
            table.AddRow(shown.Select(index => new Text(Tables.Short(row[index], widths[index]))));
        }

        return table;

        int[] At(int narrow) =>
            [.. natural.Select((cells, index) => columns[index].Shrinks ? Math.Min(cells, narrow) : cells)];
    }

    private int[] Natural() =>
    [
        .. columns.Select((column, index) =>
            _rows.Select(row => row[index].Length).Append(column.Title.Length).Max()),
    ];

    private List<int> Filled() =>
        [.. Enumerable.Range(0, columns.Count).Where(index => _rows.Exists(row => row[index].Length > 0))];

    private static int Total(List<int> shown, int[] widths) =>
        shown.Sum(index => widths[index]) + (Gap * Math.Max(0, shown.Count - 1));

    private int? Dispensable(List<int> shown) =>
        shown.MaxBy(index => columns[index].Rank) is var least && columns[least].Rank > 0 ? least : null;

    /// <summary>Takes from the widest of the cells that may shrink, one by one, until all fits.</summary>
    private int[] Shrink(List<int> shown, int[] natural, int limit)
    {
        int[] widths = [.. natural];
        var shrinking = shown.Where(index => columns[index].Shrinks).ToList();
        while (Total(shown, widths) > limit && shrinking.Exists(index => widths[index] > Narrowest))
        {
            widths[shrinking.MaxBy(index => widths[index])]--;
        }

        return widths;
    }
}
