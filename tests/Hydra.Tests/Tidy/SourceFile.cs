using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Hydra.Tests.Tidy;

/// <summary>One file of the repository, by its path from the root with forward slashes.</summary>
internal sealed class SourceFile(string path, string text)
{
    private readonly Lazy<SyntaxNode> _syntax = new(() => CSharpSyntaxTree.ParseText(text).GetRoot());

    public string Path => path;

    public string Text => text;

    public string[] Lines { get; } = (text.EndsWith('\n') ? text[..^1] : text).Split('\n');

    /// <summary>The syntax tree of a C# file; empty for any other.</summary>
    public SyntaxNode Syntax => IsCSharp ? _syntax.Value : SyntaxFactory.CompilationUnit();

    public bool IsCSharp => path.EndsWith(".cs", StringComparison.Ordinal);

    public bool IsSql => path.EndsWith(".sql", StringComparison.Ordinal);

    public bool IsProject => path.EndsWith(".csproj", StringComparison.Ordinal);

    /// <summary>The name up to the first dot: <c>Retry</c> for <c>src/Hydra/Retry.Delays.cs</c>.</summary>
    public string Name => path[(path.LastIndexOf('/') + 1)..].Split('.')[0];

    public bool IsIn(string folder) => path.StartsWith(folder + "/", StringComparison.Ordinal);

    public Violation At(int line, string message) => new(path, line, message);

    public Violation At(SyntaxNodeOrToken node, string message) =>
        At(node.GetLocation()!.GetLineSpan().StartLinePosition.Line + 1, message);
}
