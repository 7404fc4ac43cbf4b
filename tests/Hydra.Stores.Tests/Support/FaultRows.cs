namespace Hydra.Stores.Tests;

/// <summary>Every kind of call in every way in which it can fail, as rows of a theory.</summary>
public static class FaultRows
{
    public static TheoryData<StoreCallKind, string> All
    {
        get
        {
            var data = new TheoryData<StoreCallKind, string>();
            foreach (var kind in Enum.GetValues<StoreCallKind>())
            {
                foreach (var fault in StoreFault.All)
                {
                    data.Add(kind, fault.ToString());
                }
            }

            return data;
        }
    }
}
