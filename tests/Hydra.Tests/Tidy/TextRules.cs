using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hydra.Tests.Tidy;

/// <summary>What has no place in the tree, whatever the language of the file.</summary>
internal static partial class TextRules
{
    // Path and reason. Real time is for what only real time shows, such as a process that is killed.
    private static readonly Dictionary<string, string> MaySleep = new()
    {
        ["tests/Hydra.Soak/Support/Eventually.cs"] = "other processes can only be looked at again and again",
        ["tests/Programs/Victim/Poison/Endless.cs"] = "poison: it blocks its thread on purpose",
    };

    public static IEnumerable<Rule> All =>
    [
        new("Nothing is left for later", file => Matches(file, Leftover(), "finish it, or write it down elsewhere"),
            new SourceFile("src/Hydra/A.cs", "// TODO: finish"),
            new SourceFile("build.sh", "# FIXME"),
            new SourceFile("src/Hydra.Sqlite/a.sql", "-- HACK"),
            new SourceFile("src/Hydra/A.cs", "throw new NotImplementedException();")),
        new("No machine's paths", file => Matches(file, MachinePath(), "the path exists on one machine only"),
            new SourceFile("docs/a.md", "See /home/me/a.cs."),
            new SourceFile("src/Hydra/A.cs", "\"/root/a\""),
            new SourceFile("build.sh", "cd /work/hydra")),
        new("Tests do not sleep", TestsDoNotSleep,
            new SourceFile("tests/Hydra.Tests/A.cs", "Thread.Sleep(10);"),
            new SourceFile("tests/Hydra.Tests/A.cs", "await Task.Delay(10);"),
            new SourceFile("src/Hydra.Testing/A.cs", "await Task.Delay(10);"),
            new SourceFile("tests/Hydra.Tests/A.cs", "await Task.Delay(TimeSpan.FromSeconds(1), cancellation);")),
    ];

    /// <remarks>The rules themselves must name what they forbid.</remarks>
    private static IEnumerable<Violation> Matches(SourceFile file, Regex pattern, string message) =>
        from line in file.IsIn("tests/Hydra.Tests/Tidy") ? [] : file.Lines.Index()
        let match = pattern.Match(line.Item)
        where match.Success
        select file.At(line.Index + 1, $"{match.Value.Trim()}: {message}");

    /// <remarks>Fine are a delay on a fake clock, and one without end: it waits for its cancellation.</remarks>
    private static IEnumerable<Violation> TestsDoNotSleep(SourceFile file) =>
        from call in file.Syntax.DescendantNodes().OfType<InvocationExpressionSyntax>()
        where (file.IsIn("tests") || file.IsIn("src/Hydra.Testing")) && !MaySleep.ContainsKey(file.Path)
        let name = call.Expression.ToString()
        let arguments = call.ArgumentList.Arguments.Select(argument => argument.ToString()).ToList()
        where name is "Thread.Sleep" || (name is "Task.Delay" && !OnAClock(arguments) && !Endless(arguments))
        select file.At(call, "await what the test waits for, or advance a fake clock");

    private static bool OnAClock(List<string> arguments) =>
        arguments.Count == 3 || (arguments.Count == 2 && Clock().IsMatch(arguments[1]));

    private static bool Endless(List<string> arguments) =>
        arguments is [var first, ..] && first.StartsWith("Timeout.Infinite", StringComparison.Ordinal);

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|NotImplementedException)\b")]
    private static partial Regex Leftover();

    [GeneratedRegex(@"(?<![\w.])/(work|root|home)/")]
    private static partial Regex MachinePath();

    [GeneratedRegex("clock|time", RegexOptions.IgnoreCase)]
    private static partial Regex Clock();
}
