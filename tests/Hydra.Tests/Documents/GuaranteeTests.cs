using System.Text.RegularExpressions;
using Hydra.Tests.Tidy;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hydra.Tests.Documents;

/// <summary>The page of guarantees names tests for each of them, and all of these are there.</summary>
public partial class GuaranteeTests
{
    private static readonly Lazy<ILookup<string, string>> Known = new(Collect);

    [Fact]
    public void Every_guarantee_has_tests_and_all_of_them_are_there()
    {
        var rows = Section().Split('\n')
            .Where(static line => line.StartsWith("| ", StringComparison.Ordinal))
            .Skip(1) // The heads of the columns.
            .Select(static line => line.Split('|')[2])
            .ToList();

        Assert.True(rows.Count > 20, $"Only {rows.Count} guarantees were found.");
        Assert.All(rows, row => Assert.NotEmpty(Code().Matches(row)));
        var names = rows.SelectMany(static row => Code().Matches(row)).Select(static match => match.Groups[1].Value);
        Assert.All(names, name => Assert.True(IsThere(name), $"There is no test {name}."));
    }

    [Theory]
    [InlineData("GuaranteeTests", true)]
    [InlineData("GuaranteeTests.What_is_not_there_is_told", true)]
    [InlineData("ConformanceTests.The_store_conforms", true)]
    [InlineData("GuaranteeTests.What_was_renamed", false)]
    [InlineData("GuaranteeTests.IsThere", false)]
    [InlineData("NoSuchTests", false)]
    [InlineData("World", false)]
    public void What_is_not_there_is_told(string name, bool there) => Assert.Equal(there, IsThere(name));

    private static bool IsThere(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot < 0
            ? Known.Value.Contains(name)
            : Known.Value[name[..dot]].Contains(name[(dot + 1)..], StringComparer.Ordinal);
    }

    /// <summary>
    /// The tests of all projects by the names of their classes; a class that inherits its tests has one without a name.
    /// </summary>
    private static ILookup<string, string> Collect() => SourceTree.Files
        .Where(static file => file.Path.StartsWith("tests/", StringComparison.Ordinal)
            && file.Path.EndsWith(".cs", StringComparison.Ordinal)
            && file.Text.Contains("Tests", StringComparison.Ordinal))
        .SelectMany(static file => CSharpSyntaxTree.ParseText(file.Text).GetRoot().DescendantNodes())
        .OfType<ClassDeclarationSyntax>()
        .SelectMany(static type => Tests(type).Select(test => (type.Identifier.Text, test)))
        .ToLookup(static pair => pair.Text, static pair => pair.test);

    private static IEnumerable<string> Tests(ClassDeclarationSyntax type)
    {
        var own = type.Members.OfType<MethodDeclarationSyntax>()
            .Where(static method => method.AttributeLists.SelectMany(static list => list.Attributes)
                .Any(static attribute => attribute.Name.ToString() is "Fact" or "Theory"))
            .Select(static method => method.Identifier.Text);
        var inherits = type.BaseList?.Types.Any(
            static one => one.Type.ToString().Split('<')[0].EndsWith("Tests", StringComparison.Ordinal));
        return inherits == true ? own.Append("") : own;
    }

    private static string Section()
    {
        var page = File.ReadAllText(Path.Combine(SourceTree.Root, "docs/guarantees.md"));
        return page[page.IndexOf("\n## What proves it\n", StringComparison.Ordinal)..];
    }

    [GeneratedRegex("`([A-Za-z0-9_.]+)`")]
    private static partial Regex Code();
}
