using Hydra.Simulation.Checks;
using Hydra.Storage;

namespace Hydra.Simulation.Worlds;

/// <content>People and tools that look at what there is; what they are told must be true, or an error.</content>
internal sealed partial class Clients
{
    public void Look(Machine machine, ShadowExecution shadow) => Repair(machine, shadow, LookAsync);

    private async Task LookAsync(Machine machine, ShadowExecution shadow)
    {
        var wasTerminal = shadow.IsTerminal;
        try
        {
            var client = machine.Engine!.Client;
            switch (Chance.Below(4))
            {
                case 0:
                    CheckLook(shadow, await client.Execution(shadow.Id).DescribeAsync());
                    break;
                case 1:
                    var counts = (await client.StatisticsAsync()).Counts;
                    CheckLook(counts.Executions.Sum(count => count.Count) <= scenario.Oracle.Executions.Count, shadow);
                    break;
                case 2:
                    var rows = await client.ListAsync(new ExecutionFilter { State = shadow.Row!.State });
                    CheckLook(rows.All(row => scenario.Oracle.Find(row.Id) is not null), shadow);
                    break;
                default:
                    var why = await client.Execution(shadow.Id).WhyAsync();
                    CheckLook(why.Row.Id == shadow.Id && (!wasTerminal || why.Row == shadow.Row), shadow);
                    break;
            }
        }
        catch (Exception e) when (e is StoreException or InvalidOperationException)
        {
            // Unknown, closed, or a store that breaks its contract: either is fine while the database is not.
        }
        catch (Exception e)
        {
            scenario.World.Fail($"S9: a look at execution {shadow.Id} failed: {e}");
        }
    }

    private void CheckLook(ShadowExecution shadow, ExecutionDetails details) => CheckLook(
        details.Journal.Index().All(one => ReferenceEquals(one.Item, shadow.Stored.Journal[one.Index]))
            && details.Row.State.IsTerminal() == details.Journal is [.., { Kind: EntryKind.Terminal }],
        shadow);

    private void CheckLook(bool isTrue, ShadowExecution shadow)
    {
        if (!isTrue)
        {
            scenario.World.Fail($"S9: who looked at execution {shadow.Id} was told what is not so.");
        }
    }
}
