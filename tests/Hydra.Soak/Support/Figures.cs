namespace Hydra.Soak.Support;

/// <summary>What a test has measured, for the log of the run, which keeps no output of tests that pass.</summary>
internal static class Figures
{
    /// <summary>The lines that ./test.sh repeats beneath its sums begin with this.</summary>
    private const string Mark = "figures: ";

    public static void Write(string title, string lines) => Console.Out.Write(string.Concat(
        lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Prepend(title)
            .Select(static line => $"{Mark}{line.TrimEnd()}{Environment.NewLine}")));
}
