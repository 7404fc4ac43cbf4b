using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hydra.Tests.Tidy;

/// <summary>What separates good code from the merely popular is the tail: nothing here may grow into a giant.</summary>
internal static class SizeRules
{
    private const int MaxFile = 400;
    private const int MaxTestOrSqlFile = 600;
    private const int MaxMethod = 70;
    private const int MaxColumns = 120;
    private const int MaxInterfaceMembers = 16;

    public static IEnumerable<Rule> All =>
    [
        new("Files are short", FilesAreShort,
            new SourceFile("src/Hydra/Long.cs", Lines(MaxFile + 1)),
            new SourceFile("tests/Hydra.Tests/Long.cs", Lines(MaxTestOrSqlFile + 1)),
            new SourceFile("src/Hydra.Sqlite/Long.sql", Lines(MaxTestOrSqlFile + 1))),
        new("Methods are short", MethodsAreShort,
            new SourceFile("src/Hydra/A.cs", $"class A {{ void M()\n{{{Lines(MaxMethod - 1)}}} }}"),
            new SourceFile("src/Hydra/B.cs", $"class B {{ B()\n{{{Lines(MaxMethod - 1)}}} }}"),
            new SourceFile("src/Hydra/C.cs", $"class C {{ int P {{ get\n{{{Lines(MaxMethod - 1)}}} }} }}")),
        new("Lines are short", LinesAreShort,
            new SourceFile("src/Hydra/Wide.cs", new string('/', MaxColumns + 1))),
        new("A file has one type, and its name", FilesHaveOneType,
            new SourceFile("src/Hydra/A.cs", "class A; class B;"),
            new SourceFile("src/Hydra/A.cs", "namespace Hydra; delegate void B();")),
        new("Interfaces are narrow", InterfacesAreNarrow,
            new SourceFile("src/Hydra/I.cs", $"interface I {{ {Repeat("void M();", MaxInterfaceMembers + 1)} }}")),
    ];

    private static IEnumerable<Violation> FilesAreShort(SourceFile file)
    {
        var isTest = file.IsIn("tests") || file.IsIn("src/Hydra.Testing/Conformance");
        var limit = file.IsSql || isTest ? MaxTestOrSqlFile : MaxFile;
        if ((file.IsCSharp || file.IsSql) && file.Lines.Length > limit)
        {
            yield return file.At(limit + 1, $"the file has {file.Lines.Length} lines, {limit} are the end");
        }
    }

    private static IEnumerable<Violation> MethodsAreShort(SourceFile file) =>
        from node in file.Syntax.DescendantNodes()
        where node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax
        let span = node.GetLocation().GetLineSpan()
        let lines = span.EndLinePosition.Line - span.StartLinePosition.Line + 1
        where lines > MaxMethod
        select file.At(node, $"the method has {lines} lines, {MaxMethod} are the end");

    private static IEnumerable<Violation> LinesAreShort(SourceFile file) =>
        from line in file.Lines.Index()
        where (file.IsCSharp || file.IsSql) && line.Item.Length > MaxColumns
        select file.At(line.Index + 1, $"the line has {line.Item.Length} columns, {MaxColumns} are the end");

    /// <remarks>Types that differ only in their type parameters, such as IWorkflow and its generics, are one.</remarks>
    private static IEnumerable<Violation> FilesHaveOneType(SourceFile file) =>
        from member in file.Syntax.DescendantNodes(IsOutsideTypes)
        let name = member switch
        {
            BaseTypeDeclarationSyntax type => type.Identifier.Text,
            DelegateDeclarationSyntax type => type.Identifier.Text,
            _ => file.Name,
        }
        where file.IsIn("src") && name != file.Name
        select file.At(member, $"{name} belongs in a file of its own name");

    private static bool IsOutsideTypes(SyntaxNode node) =>
        node is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax;

    private static IEnumerable<Violation> InterfacesAreNarrow(SourceFile file) =>
        from type in file.Syntax.DescendantNodes().OfType<InterfaceDeclarationSyntax>()
        where file.IsIn("src") && type.Members.Count > MaxInterfaceMembers
        select file.At(type, $"the interface has {type.Members.Count} members, {MaxInterfaceMembers} are the end");

    private static string Lines(int count) => Repeat("\n", count);

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
