using System.Text.RegularExpressions;

namespace Hydra.Tests.Tidy;

/// <summary>Links within the repository lead to files, and to headings, that are there.</summary>
internal static partial class LinkRules
{
    public static IEnumerable<Rule> All =>
    [
        new("Links lead somewhere", LinksLeadSomewhere,
            new SourceFile("docs/a.md", "[b](b.md)"),
            new SourceFile("README.md", "See [the guide](docs/guides/nowhere.md#at-all)."),
            new SourceFile("docs/guides/a.md", "[b](../../README.md#no-such-heading)"),
            new SourceFile("docs/a.md", "# One\n[two](#two)")),
    ];

    private static IEnumerable<Violation> LinksLeadSomewhere(SourceFile file) =>
        from line in file.Path.EndsWith(".md", StringComparison.Ordinal) ? file.Lines.Index() : []
        from match in Link().Matches(line.Item)
        let target = match.Groups[1].Value
        where !target.Contains("://", StringComparison.Ordinal) && !IsThere(file, target)
        select file.At(line.Index + 1, $"there is no {target}");

    private static bool IsThere(SourceFile file, string target)
    {
        var (path, heading) = target.Split('#') is [var before, var after] ? (before, after) : (target, null);
        if (path.Length == 0)
        {
            return Headings(file.Lines).Contains(heading);
        }

        var full = Path.GetFullPath(Path.Combine(SourceTree.Root, Path.GetDirectoryName(file.Path)!, path));
        return heading is null
            ? File.Exists(full) || Directory.Exists(full)
            : File.Exists(full) && Headings(File.ReadAllLines(full)).Contains(heading);
    }

    /// <summary>The anchors that a renderer makes of headings.</summary>
    private static IEnumerable<string> Headings(IEnumerable<string> lines) =>
        from line in lines
        where line.StartsWith('#')
        let text = line.TrimStart('#').Trim()
        select Other().Replace(text.ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Other();
}
