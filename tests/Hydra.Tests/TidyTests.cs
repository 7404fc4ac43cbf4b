using System.Diagnostics;
using Hydra.Tests.Tidy;

namespace Hydra.Tests;

/// <summary>The style of the house, checked on every file of the repository.</summary>
public class TidyTests
{
    public static TheoryData<string> Rules => [.. Rule.All.Select(rule => rule.Name)];

    [Theory]
    [MemberData(nameof(Rules))]
    public void The_source_tree_keeps_the_rule(string name)
    {
        var rule = Rule.Named(name);

        var violations = SourceTree.Files.SelectMany(rule.Check).ToList();

        Assert.True(violations.Count == 0, $"{name}:\n{string.Join('\n', violations)}");
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Each_planted_violation_of_the_rule_is_found(string name)
    {
        var rule = Rule.Named(name);

        Assert.NotEmpty(rule.Planted);
        Assert.All(rule.Planted, file => Assert.NotEmpty(rule.Check(file)));
    }

    [Theory]
    [InlineData("A file has one type, and its name", "src/Hydra/IA.cs", "interface IA; interface IA<T> : IA;")]
    [InlineData("A file has one type, and its name", "src/Hydra/A.Parts.cs", "partial class A { class B; }")]
    [InlineData("The engine is internal", "src/A.cs", "namespace Hydra.Engine; class A { public class B; }")]
    [InlineData("One word per concept", "src/Hydra/A.cs", "class Workflow { Activity? _activity; int Overflow; }")]
    [InlineData("Tests do not sleep", "tests/A.cs", "await Task.Delay(due, Clock);")]
    [InlineData("Tests do not sleep", "tests/A.cs", "await Task.Delay(due, clock, cancellation);")]
    [InlineData("Tests do not sleep", "tests/A.cs", "await Task.Delay(Timeout.Infinite, cancellation);")]
    public void What_only_looks_like_a_violation_is_none(string name, string path, string text)
    {
        var violations = Rule.Named(name).Check(new SourceFile(path, text));

        Assert.Empty(violations);
    }

    [Fact]
    public void Every_mutant_can_still_be_planted()
    {
        // What a mutant replaces must be in its file exactly once: whoever changes such a line changes the mutant.
        var start = new ProcessStartInfo("bash", ["tests/mutants/run.sh", "--check"])
        {
            WorkingDirectory = SourceTree.Root,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var script = Process.Start(start)!;

        var told = script.StandardOutput.ReadToEnd();
        script.WaitForExit();

        Assert.True(script.ExitCode == 0, told);
        Assert.Matches("^[1-9][0-9]+ mutants can be planted", told);
    }

    [Fact]
    public void The_whole_source_tree_is_read()
    {
        var paths = SourceTree.Files.Select(file => file.Path).ToList();

        Assert.Contains("src/Hydra/Hydra.csproj", paths);
        Assert.Contains("tests/Hydra.Tests/TidyTests.cs", paths);
        Assert.Contains("build.sh", paths);
        Assert.Contains(".ci/run", paths);
    }
}
