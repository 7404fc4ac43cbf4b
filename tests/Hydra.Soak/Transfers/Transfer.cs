using System.Text;

namespace Hydra.Soak.Transfers;

/// <summary>Money that is to be moved between two accounts.</summary>
internal sealed record Transfer(int Source, int Target, int Amount)
{
    public Payload Input => Payload.Create(Encoding.UTF8.GetBytes(
        $$"""{"source":{{Source}},"target":{{Target}},"amount":{{Amount}}}"""));

    public static Transfer Draw(Random random)
    {
        var source = random.Next(Bank.Accounts);
        return new Transfer(source, (source + random.Next(1, Bank.Accounts)) % Bank.Accounts, random.Next(1, 100));
    }
}
