namespace Hydra.Testing;

/// <summary>Marks a race of two calls: a case for each way in which they can meet.</summary>
internal sealed class RaceAttribute : CaseAttribute
{
    /// <summary>Whether the one can halt in its middle: not where the store does not call back.</summary>
    public bool OneHalts { get; init; } = true;

    /// <summary>Whether the other can halt in its middle.</summary>
    public bool OtherHalts { get; init; } = true;

    public override IEnumerable<object[]> Rows => Enum.GetValues<Meeting>()
        .Where(meeting => (OneHalts || meeting != Meeting.OneHalts) && (OtherHalts || meeting != Meeting.OtherHalts))
        .Select(static meeting => new object[] { meeting });
}
