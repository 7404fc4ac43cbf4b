namespace Victim.Poison;

/// <summary>An input that throws when it is read.</summary>
internal sealed record Brittle
{
    public Brittle(int number)
    {
        if (!PoisonWorker.IsFixed)
        {
            throw new InvalidOperationException("Poison in a constructor.");
        }

        Number = number;
    }

    public int Number { get; }
}
