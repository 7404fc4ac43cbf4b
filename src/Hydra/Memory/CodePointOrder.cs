namespace Hydra.Memory;

/// <summary>Orders texts by their code points, as databases order UTF-8 by its bytes.</summary>
/// <remarks>The units of UTF-16 alone would put what takes two of them before U+E000 and those behind it.</remarks>
internal sealed class CodePointOrder : IComparer<string>
{
    public static CodePointOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        var common = x.AsSpan().CommonPrefixLength(y);
        return common < x?.Length && common < y?.Length
            ? Place(x[common]).CompareTo(Place(y[common]))
            : (x?.Length ?? -1).CompareTo(y?.Length ?? -1);
    }

    private static int Place(char unit) => char.IsSurrogate(unit) ? unit + char.MaxValue : unit;
}
