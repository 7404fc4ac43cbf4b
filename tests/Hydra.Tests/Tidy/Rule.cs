namespace Hydra.Tests.Tidy;

/// <summary>A rule of the house, with a smallest file that breaks it: proof that the rule can fail.</summary>
internal sealed record Rule(string Name, Func<SourceFile, IEnumerable<Violation>> Check, params SourceFile[] Planted)
{
    public static IReadOnlyList<Rule> All { get; } =
        [.. SizeRules.All, .. DependencyRules.All, .. VocabularyRules.All, .. TextRules.All, .. LinkRules.All];

    public static Rule Named(string name) => All.Single(rule => rule.Name == name);
}
