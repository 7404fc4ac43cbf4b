using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hydra.Tests.Tidy;

/// <summary>Dependencies point inwards: programs to stores, stores to Hydra, Hydra to nothing of ours.</summary>
internal static class DependencyRules
{
    private static readonly Dictionary<string, string[]> MayReference = new()
    {
        ["Hydra"] = [],
        ["Hydra.Sqlite"] = ["Hydra", "Hydra.Relational"],
        ["Hydra.Testing"] = ["Hydra"],
        ["Hydra.Relational"] = ["Hydra"],
        ["Hydra.MySql"] = ["Hydra", "Hydra.Relational"],
        ["Hydra.PostgreSql"] = ["Hydra", "Hydra.Relational"],
        ["Hydra.AspNetCore"] = ["Hydra"],
        ["Hydra.EntityFrameworkCore"] = ["Hydra", "Hydra.Relational"],
        ["Hydra.Cli"] = ["Hydra", "Hydra.MySql", "Hydra.PostgreSql", "Hydra.Sqlite"],
    };

    private static readonly string[] PackagesOfHydra =
    [
        "Cronos",
        "Microsoft.Extensions.DependencyInjection.Abstractions",
        "Microsoft.Extensions.Hosting.Abstractions",
        "Microsoft.Extensions.Logging.Abstractions",
        "Microsoft.Extensions.Options",
    ];

    // Named one by one because the implicit usings make them reachable without a using.
    private static readonly string[] ImpureTypes =
    [
        "File", "Directory", "FileStream", "HttpClient", "Socket", "Thread", "ThreadPool", "Timer", "TimeProvider",
        "IWorkflowStore", "IWorkflowQueries",
    ];

    private static readonly string[] ImpureNamespaces =
        ["System.Data", "System.IO", "System.Net", "System.Timers", "System.Threading.Timers", "Microsoft.Data"];

    public static IEnumerable<Rule> All =>
    [
        new("Projects depend inwards", ProjectsDependInwards,
            Project("src/Hydra/Hydra.csproj", "<ProjectReference Include='../Hydra.Cli/Hydra.Cli.csproj' />"),
            Project("src/Hydra.Sqlite/Hydra.Sqlite.csproj", @"<ProjectReference Include='..\A\Hydra.Cli.csproj' />"),
            Project("src/Hydra.New/Hydra.New.csproj", "")),
        new("Hydra needs few packages", HydraNeedsFewPackages,
            Project("src/Hydra/Hydra.csproj", "<PackageReference Include='Newtonsoft.Json' />")),
        new("The storage seam does not know the engine", StorageDoesNotKnowTheEngine,
            new SourceFile("src/Hydra/Storage/A.cs", "using Hydra.Engine; namespace Hydra.Storage;"),
            new SourceFile("src/Hydra/Storage/A.cs", "using Hydra.Engine.Replay; namespace Hydra.Storage;"),
            new SourceFile("src/Hydra/Storage/A.cs", "namespace Hydra.Storage; class A { Engine.Journal J; }"),
            new SourceFile("src/Hydra/Storage/A.cs", "namespace Hydra.Storage; class A { int N = Hydra.Engine.B.C; }")),
        new("Replay is pure", ReplayIsPure,
            new SourceFile("src/Hydra/Engine/Replay/A.cs", "using System.IO;"),
            new SourceFile("src/Hydra/Engine/Replay/A.cs", "using System.Data.Common;"),
            new SourceFile("src/Hydra/Engine/Replay/A.cs", "class A { System.IO.Stream S; }"),
            new SourceFile("src/Hydra/Engine/Replay/A.cs", "class A { object M() => File.ReadAllText(\"a\"); }")),
        new("The engine is internal", TheEngineIsInternal,
            new SourceFile("src/Hydra/Engine/A.cs", "namespace Hydra.Engine; public class A;"),
            new SourceFile("src/Hydra/Engine/A.cs", "namespace Hydra.Engine.Replay { public delegate void A(); }")),
    ];

    private static IEnumerable<Violation> ProjectsDependInwards(SourceFile file)
    {
        if (!file.IsProject || !file.IsIn("src"))
        {
            return [];
        }

        var name = Path.GetFileNameWithoutExtension(file.Path);
        return MayReference.TryGetValue(name, out var allowed)
            ? from reference in References(file, "ProjectReference")
              let target = Path.GetFileNameWithoutExtension(reference.Replace('\\', '/'))
              where !allowed.Contains(target)
              select file.At(1, $"{name} may not reference {target}")
            : [file.At(1, $"say in {nameof(DependencyRules)} what {name} may reference")];
    }

    private static IEnumerable<Violation> HydraNeedsFewPackages(SourceFile file) =>
        from package in file.Path == "src/Hydra/Hydra.csproj" ? References(file, "PackageReference") : []
        where !PackagesOfHydra.Contains(package)
        select file.At(1, $"everyone who uses Hydra would get {package} too");

    private static IEnumerable<Violation> StorageDoesNotKnowTheEngine(SourceFile file) =>
        from name in file.IsIn("src/Hydra/Storage") ? DottedNames(file) : []
        where IsOrIsIn(name.Text, "Hydra.Engine") || IsOrIsIn(name.Text, "Engine")
        select file.At(name.Node, $"the engine decides, the store commits: Hydra.Storage may not use {name.Text}");

    private static IEnumerable<Violation> ReplayIsPure(SourceFile file)
    {
        if (!file.IsIn("src/Hydra/Engine/Replay"))
        {
            return [];
        }

        var namespaces =
            from name in DottedNames(file)
            where ImpureNamespaces.Any(impure => IsOrIsIn(name.Text, impure))
            select file.At(name.Node, $"replay does no I/O and owns no clock: {name.Text}");
        var types =
            from name in file.Syntax.DescendantNodes().OfType<IdentifierNameSyntax>()
            where ImpureTypes.Contains(name.Identifier.Text)
            select file.At(name, $"replay does no I/O and owns no clock: {name.Identifier.Text}");
        return namespaces.Concat(types);
    }

    private static IEnumerable<Violation> TheEngineIsInternal(SourceFile file) =>
        from space in file.Syntax.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>()
        where IsOrIsIn(space.Name.ToString(), "Hydra.Engine")
        from member in space.Members
        where member.Modifiers.Any(SyntaxKind.PublicKeyword)
        select file.At(member, "what a user sees is in Hydra or Hydra.Storage; Hydra.Engine is entirely internal");

    /// <summary>The outermost dotted names of a file: those of its usings, and those its code spells out.</summary>
    private static IEnumerable<(string Text, CSharpSyntaxNode Node)> DottedNames(SourceFile file) =>
        from node in file.Syntax.DescendantNodes().OfType<CSharpSyntaxNode>()
        where node is QualifiedNameSyntax or MemberAccessExpressionSyntax
            && node.Parent is not QualifiedNameSyntax and not MemberAccessExpressionSyntax
                and not BaseNamespaceDeclarationSyntax
        select (node.ToString(), node);

    private static bool IsOrIsIn(string name, string space) =>
        name == space || name.StartsWith(space + ".", StringComparison.Ordinal);

    /// <remarks>Private assets, such as analyzers, are not passed on to those who reference the project.</remarks>
    private static IEnumerable<string> References(SourceFile file, string kind) =>
        from element in XDocument.Parse(file.Text).Descendants(kind)
        where (string?)element.Attribute("PrivateAssets") != "all"
        select (string)element.Attribute("Include")!;

    private static SourceFile Project(string path, string items) =>
        new(path, $"<Project><ItemGroup>{items}</ItemGroup></Project>");
}
