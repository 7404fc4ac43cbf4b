namespace Victim.Poison;

/// <summary>A result that throws when it is written.</summary>
internal sealed record Fragile(int Number)
{
    public int Broken => PoisonWorker.IsFixed ? Number : throw new InvalidOperationException("Poison in a getter.");
}
