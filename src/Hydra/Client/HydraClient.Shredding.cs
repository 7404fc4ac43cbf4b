using Hydra.Storage;

namespace Hydra;

/// <content>Destroying the keys of subjects, and wrapping them anew.</content>
internal sealed partial class HydraClient
{
    private static readonly TimeSpan KeyPause = TimeSpan.FromMilliseconds(100);

    public Task<bool> ShredAsync(string subject, CancellationToken cancellationToken = default)
    {
        Names.ValidateKey(subject, "The subject");
        return Enter(async () =>
        {
            var had = await codec.Subjects.DestroyAsync(subject, cancellationToken);
            worker?.EndShredded();
            return had;
        });
    }

    public Task<bool> IsShreddedAsync(string subject, CancellationToken cancellationToken)
    {
        Names.ValidateKey(subject, "The subject");
        return Enter(() => codec.Subjects.IsDestroyedAsync(subject, cancellationToken));
    }

    public Task<RewrapSummary> RewrapSubjectKeysAsync(CancellationToken cancellationToken) =>
        Enter(() => codec.Subjects.RewrapAsync(cancellationToken));

    /// <summary>The key of a subject, for which a client is as patient as for a start.</summary>
    private async Task<SubjectKey> SubjectAsync(string subject, CancellationToken cancellationToken)
    {
        var patienceEnds = PatienceEnds();
        while (true)
        {
            try
            {
                return await codec.SubjectAsync(subject, cancellationToken);
            }
            catch (StoreException e) when (e.Kind != StoreErrorKind.Deterministic
                && runtime.Time.GetTimestamp() < patienceEnds)
            {
                await Task.Delay(KeyPause, runtime.Time, cancellationToken); // What is added twice is there once.
            }
        }
    }
}
