using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hydra.Tests.Tidy;

/// <summary>One word per concept, everywhere; the words here are those that would mean nothing else.</summary>
internal static partial class VocabularyRules
{
    private static readonly Dictionary<string, string> Instead = new()
    {
        ["Job"] = "workflow",
        ["Orchestration"] = "workflow",
        ["Orchestrator"] = "workflow",
        ["Flow"] = "workflow",
        ["Activity"] = "step",
        ["StepId"] = "step key",
        ["HistoryEntry"] = "checkpoint",
        ["Executor"] = "worker",
        ["Ping"] = "heartbeat",
        ["Ack"] = "settle",
        ["Acknowledge"] = "settle",
        ["Park"] = "suspend",
        ["Parked"] = "suspended",
        ["Recurring"] = "schedule",
        ["Tenant"] = "namespace",
        ["Blob"] = "payload",
    };

    private static readonly Dictionary<string, string> Allowed = new()
    {
        ["CreateCronJobAsync"] = "the specification's name for a schedule",
        ["SuppressFlow"] = "the runtime's name for not passing on the ExecutionContext",
    };

    public static IEnumerable<Rule> All =>
    [
        new("One word per concept", OneWordPerConcept,
            new SourceFile("src/Hydra/JobRunner.cs", ""),
            new SourceFile("src/Hydra.Sqlite/park_execution.sql", ""),
            new SourceFile("src/Hydra/A.cs", "class SendEmailActivity;"),
            new SourceFile("src/Hydra/A.cs", "enum A { Parked }"),
            new SourceFile("src/Hydra/A.cs", "class A { void RunJobs() { } }"),
            new SourceFile("src/Hydra/A.cs", "class A { int _tenantCount; }"),
            new SourceFile("src/Hydra/A.cs", "class A(int stepId);"),
            new SourceFile("src/Hydra/A.cs", "record A(byte[] OutputBlob);"),
            new SourceFile("src/Hydra/A.cs", "class A { string WorkFlow { get; } }")),
    ];

    private static IEnumerable<Violation> OneWordPerConcept(SourceFile file)
    {
        if (!file.IsIn("src") || !(file.IsCSharp || file.IsSql))
        {
            return [];
        }

        var names = file.Syntax.DescendantNodes().Select(Declared).Where(name => name != default);
        return
            from name in names.Select(token => (token.Text, Violation: file.At(token, "")))
                .Prepend((Text: file.Name, Violation: file.At(1, "")))
            where !Allowed.ContainsKey(name.Text)
            let word = Words(name.Text).FirstOrDefault(Instead.ContainsKey)
            where word is not null
            select name.Violation with { Message = $"{name.Text} says {word}, our word is {Instead[word]}" };
    }

    /// <remarks>Members and variables may be called an activity: it is .NET's word for a span of a trace.</remarks>
    private static SyntaxToken Declared(SyntaxNode node) => node switch
    {
        BaseTypeDeclarationSyntax type => type.Identifier,
        DelegateDeclarationSyntax type => type.Identifier,
        _ => Member(node) is var name && !SaysActivity(name.Text) ? name : default,
    };

    private static bool SaysActivity(string name) => name.Contains("activity", StringComparison.OrdinalIgnoreCase);

    private static SyntaxToken Member(SyntaxNode node) => node switch
    {
        MethodDeclarationSyntax member => member.Identifier,
        PropertyDeclarationSyntax member => member.Identifier,
        EventDeclarationSyntax member => member.Identifier,
        EnumMemberDeclarationSyntax member => member.Identifier,
        VariableDeclaratorSyntax variable => variable.Identifier,
        ParameterSyntax parameter => parameter.Identifier,
        LocalFunctionStatementSyntax function => function.Identifier,
        _ => default,
    };

    /// <summary>The words of a name in the singular, and each pair of neighbours, all in Pascal case.</summary>
    private static IEnumerable<string> Words(string name)
    {
        var words = WordPattern().Matches(name).Select(match => Singular(Capital(match.Value))).ToList();
        return words.Concat(words.Zip(words.Skip(1), (first, second) => first + second));
    }

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    private static string Singular(string word) =>
        word.EndsWith("ies", StringComparison.Ordinal) ? word[..^3] + "y" : word.TrimEnd('s');

    [GeneratedRegex("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")]
    private static partial Regex WordPattern();
}
