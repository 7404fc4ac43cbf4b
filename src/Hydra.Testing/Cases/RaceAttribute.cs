namespace Hydra.Testing;

/// <summary>Marks a race of two calls: a case for each way in which they can meet.</summary>
internal sealed class RaceAttribute : CaseAttribute
{
    public override IEnumerable<object[]> Rows =>
        Enum.GetValues<Meeting>().Select(static meeting => new object[] { meeting });
}
